"""Kinds of servers, told by the names that the hub knows them by: nobody has to be asked, and nobody can lie."""

from __future__ import annotations

from typing import Literal

ServerKind = Literal["personal", "project", "app", "sandbox"]

PROJECT_USER = "p-"
"""The hub knows the server of a project as that of this user: ``p-heat``. No person is called so."""
SANDBOX_SERVER = "sandbox-"
"""The hub knows a sandbox as a server of this name. No other server is called so."""
APP_SERVER = "app-"
"""The hub knows an app of a project as a server of the project's user with such a name: ``p-heat/app-7``."""

SANDBOX_USER = "sandbox-"
"""The hub knows each sandbox as the server of a user of its own, ``sandbox-1a2b3c4d``, which reaches nothing of its
person's: not at the hub, and where users have hosts of their own not in the browser either."""

PROJECT_GROUP = "gaia-projects"
"""The hub's group of those users: what the service may do to servers of projects, it may do to no person's."""
SANDBOX_GROUP = "gaia-sandboxes"
"""The hub's group of the users that have sandboxes, for the same reason."""


def project_user(slug: str) -> str:
    """Return the hub's user that has a project's server."""
    return f"{PROJECT_USER}{slug}"


def project_of(username: str) -> str | None:
    """Return the project whose user this is; None for a person."""
    return username.removeprefix(PROJECT_USER) if username.startswith(PROJECT_USER) else None


def app_server(number: int) -> str:
    """Return the name of the server that runs an app."""
    return f"{APP_SERVER}{number}"


def app_of(username: str, server: str) -> int | None:
    """Return the number of the app that this server runs; None for every other one."""
    number = server.removeprefix(APP_SERVER)
    if kind_of(username, server) != "app" or not (number.isascii() and number.isdecimal()):
        return None
    return int(number)


def sandbox_user(number: str) -> str:
    """Return the hub's user that has a sandbox, given the sandbox's number."""
    return f"{SANDBOX_USER}{number}"


def number_of(username: str) -> str | None:
    """Return the number of the sandbox that this user has; None for a person or a project."""
    return username.removeprefix(SANDBOX_USER) if username.startswith(SANDBOX_USER) else None


def kind_of(username: str, server: str) -> ServerKind:
    """Return what kind of server this is.

    Parameters
    ----------
    username
        The hub's user who has it.
    server
        Its name; empty for a user's first one.
    """
    if server.startswith(SANDBOX_SERVER) or username.startswith(SANDBOX_USER):
        return "sandbox"
    if not username.startswith(PROJECT_USER):
        return "personal"
    return "app" if server.startswith(APP_SERVER) else "project"
