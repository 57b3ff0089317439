"""The hub's users that have the servers of projects: made on the service's word, and nobody signs in as one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from jupyterhub import orm
from jupyterhub.apihandlers.base import APIHandler
from tornado.web import HTTPError

from gaia_vre.core.kinds import PROJECT_GROUP, PROJECT_USER, project_user

if TYPE_CHECKING:
    from traitlets.config import Config

SCOPE = "custom:gaia:projects"
"""To make users of projects, and no others: JupyterHub's own scope would let the service make anybody."""
ADDRESS = r"/api/gaia/projects/([a-z][a-z0-9-]{1,26}[a-z0-9])"
_CLIENT = "jupyterhub-user-"


def configure_project_users(c: Config) -> None:
    """Let the service make the users of projects, and members visit their servers without another question."""
    hub = c.JupyterHub
    _add(hub, "custom_scopes", {SCOPE: {"description": "Make the hub's users that have servers of projects."}})
    _add(hub, "extra_handlers", [(ADDRESS, ProjectUserHandler)])
    services = hub.get("services", [])
    named = [one for one in services if one.get("oauth_no_confirm")] if isinstance(services, list) else []
    _add(hub, "tornado_settings", {"oauth_no_confirm_list": Unasked(map(_client_of, named))})


def _add(section: Config, trait: str, ours: Any) -> None:
    """Add to a list or dictionary; what an operator has set in it stays."""
    given = section.get(trait, type(ours)())
    if isinstance(given, list):
        section[trait] = [*given, *ours]
    elif isinstance(given, dict):
        section[trait] = ours | given


class Unasked(set[str]):
    """OAuth clients that get a visitor's name without a page that asks: ours, and the servers of projects.

    Whom such a server may serve is decided by shares; the page would only ask members whether they want to go where
    they have just chosen to go.
    """

    def __contains__(self, client: object) -> bool:
        return super().__contains__(client) or str(client).startswith(f"{_CLIENT}{PROJECT_USER}")


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


def _new_group(db: Any) -> Any:
    group = orm.Group(name=PROJECT_GROUP)
    db.add(group)
    return group


def _client_of(service: dict[str, Any]) -> str:
    return str(service.get("oauth_client_id") or f"service-{service['name']}")
