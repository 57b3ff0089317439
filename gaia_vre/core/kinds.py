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

VISITOR_USER = "sandbox-"
"""The hub knows the sandbox of a visitor, who has no account, as one of this user: ``sandbox-1a2b3c4d``."""

PROJECT_GROUP = "gaia-projects"
"""The hub's group of those users: what the service may do to servers of projects, it may do to no person's."""
VISITOR_GROUP = "gaia-visitors"
"""The hub's group of the users of visitors, for the same reason."""


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


def visitor_user(number: str) -> str:
    """Return the hub's user that has the sandbox of a visitor, given the sandbox's number."""
    return f"{VISITOR_USER}{number}"


def visitor_of(username: str) -> str | None:
    """Return the number of the sandbox that a visitor has; None for a person or a project."""
    return username.removeprefix(VISITOR_USER) if username.startswith(VISITOR_USER) else None


def kind_of(username: str, server: str) -> ServerKind:
    """Return what kind of server this is.

    Parameters
    ----------
    username
        The hub's user who has it.
    server
        Its name; empty for a user's first one.
    """
    if server.startswith(SANDBOX_SERVER) or username.startswith(VISITOR_USER):
        return "sandbox"
    if not username.startswith(PROJECT_USER):
        return "personal"
    return "app" if server.startswith(APP_SERVER) else "project"
