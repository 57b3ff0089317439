"""The hub's users that have the servers of projects: made on the service's word, and nobody signs in as one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from jupyterhub import orm
from jupyterhub.apihandlers.auth import OAuthAuthorizeHandler
from jupyterhub.apihandlers.base import APIHandler
from jupyterhub.handlers import BaseHandler
from tornado.web import HTTPError

from gaia_vre.core.kinds import APP_SERVER, PROJECT_GROUP, PROJECT_USER, project_user

if TYPE_CHECKING:
    from traitlets.config import Config

SCOPE = "custom:gaia:projects"
"""To make users of projects, and no others: JupyterHub's own scope would let the service make anybody."""
ADDRESS = r"/api/gaia/projects/([a-z][a-z0-9-]{1,26}[a-z0-9])"
APP = rf"/user/{PROJECT_USER}[a-z0-9-]{{3,28}}/{APP_SERVER}([0-9]{{1,10}})(?:/.*)?"
_VISIT = "/services/gaia/apps/"
_CLIENT = "jupyterhub-user-"


def configure_project_users(c: Config) -> None:
    """Define the scope by which the service makes the users of projects."""
    given = c.JupyterHub.get("custom_scopes", {})
    if isinstance(given, dict):
        ours = {SCOPE: {"description": "Make the hub's users that have servers of projects."}}
        c.JupyterHub.custom_scopes = ours | given


class AuthorizeHandler(OAuthAuthorizeHandler):  # type: ignore[misc]
    """JupyterHub's, which lets members into the server of their project without a page that asks.

    Whom such a server may serve is decided by shares; the page would only ask members whether they want to go where
    they have just chosen to go.
    """

    def needs_oauth_confirm(self, user: Any, oauth_client: Any, requested_scopes: Any) -> bool:
        if oauth_client.identifier.startswith(f"{_CLIENT}{PROJECT_USER}"):
            return False
        return bool(super().needs_oauth_confirm(user, oauth_client, requested_scopes))


class ProjectUserHandler(APIHandler):  # type: ignore[misc]
    """Make the user of a project, once or again."""

    def put(self, slug: str) -> None:
        """Answer with the user's name.

        Its group is what the service's other scopes are bound to.
        """
        if not self.has_scope(SCOPE):  # the decorator knows no scopes of a configuration that is not read yet
            raise HTTPError(403, f"Needs the scope {SCOPE}")
        name = project_user(slug)
        user = self.find_user(name) or self.user_from_username(name)
        group = orm.Group.find(self.db, PROJECT_GROUP) or _new_group(self.db)
        if group not in user.groups:
            user.groups.append(group)
        self.db.commit()
        self.write(json.dumps({"name": name}))


class SleepingAppHandler(BaseHandler):  # type: ignore[misc]
    """Lead whoever comes to an app that sleeps, by a bookmark or by loading its page anew, to where it is woken.

    While it runs the hub's proxy leads to the app itself.
    """

    def get(self, number: str) -> None:
        self.redirect(f"{_VISIT}{number}")


def _new_group(db: Any) -> Any:
    group = orm.Group(name=PROJECT_GROUP)
    db.add(group)
    return group


def handlers() -> list[tuple[str, type[Any]]]:
    """Return the addresses that the hub has besides its own."""
    return [(APP, SleepingAppHandler), (ADDRESS, ProjectUserHandler)]
