"""The hub's users that have the sandboxes of visitors: made on the service's word, let into that sandbox alone."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Any

from jupyterhub import orm, roles, scopes
from jupyterhub.apihandlers.base import APIHandler
from tornado.web import HTTPError

from gaia_vre.core.kinds import VISITOR_GROUP, visitor_user
from gaia_vre.core.tickets import COOKIE, is_ticket
from gaia_vre.hub import project_users

if TYPE_CHECKING:
    from traitlets.config import Config

SCOPE = "custom:gaia:visitors"
"""To make users of visitors, and no others."""
ROLE = {
    "name": "gaia-visitor",
    "description": "What the user of a visitor may: be in its own sandbox.",
    "scopes": [
        # Who it is, as each lab asks of whoever comes in.
        "read:users:name!user",
        "read:users:groups!user",
        "users:activity!user",
        "access:servers!user",
        "access:services!service=gaia",
    ],
    "groups": [VISITOR_GROUP],
}
ADDRESS = r"/api/gaia/visitors/([a-z0-9]{4,16})"
_CLIENT = re.compile(r"jupyterhub-user-sandbox-([a-z0-9]{4,16})-sandbox-([a-z0-9]{4,16})")


def configure_visitors(c: Config) -> None:
    """Define the scope by which the service makes the users of visitors."""
    given = c.JupyterHub.get("custom_scopes", {})
    if isinstance(given, dict):
        ours = {SCOPE: {"description": "Make the hub's users that have sandboxes of visitors."}}
        c.JupyterHub.custom_scopes = ours | given


class AuthorizeHandler(project_users.AuthorizeHandler):
    """Lets whoever has the ticket to a visitor's sandbox into that sandbox, whoever else they are signed in as.

    Nothing else of the hub takes a ticket: a visitor is signed in nowhere.
    """

    async def prepare(self) -> None:
        await super().prepare()
        visitor = self._visitor() if self.request.method == "GET" else None
        if visitor is not None:
            self._jupyterhub_user = visitor
            self.expanded_scopes = {f"access:servers!user={visitor.name}"}
            self.parsed_scopes = scopes.parse_scopes(self.expanded_scopes)

    def _visitor(self) -> Any:
        """Return the user of the sandbox that asks who is there, if this browser has the ticket to it."""
        asked = _CLIENT.fullmatch(self.get_query_argument("client_id", ""))
        if asked is None or asked[1] != asked[2]:
            return None
        given = self.get_cookie(f"{COOKIE}{asked[1]}", "")
        if not is_ticket(os.environ.get("GAIA_VRE_SERVICE_TOKEN", ""), asked[1], given):
            return None
        return self.find_user(visitor_user(asked[1]))


class VisitorHandler(APIHandler):  # type: ignore[misc]
    """Make the user of a visitor, once or again."""

    def put(self, number: str) -> None:
        """Answer with the user's name.

        It has none of the rights of people: its group gives it what it may.
        """
        if not self.has_scope(SCOPE):
            raise HTTPError(403, f"Needs the scope {SCOPE}")
        name = visitor_user(number)
        user = self.find_user(name) or self.user_from_username(name)
        group = orm.Group.find(self.db, VISITOR_GROUP)
        if group not in user.groups:
            user.groups.append(group)
        roles.strip_role(self.db, user.orm_user, "user")
        self.db.commit()
        self.write(json.dumps({"name": name}))


def handlers() -> list[tuple[str, type[Any]]]:
    """Return the addresses that the hub has besides its own, or in their place."""
    return [(ADDRESS, VisitorHandler), (r"/api/oauth2/authorize", AuthorizeHandler)]
