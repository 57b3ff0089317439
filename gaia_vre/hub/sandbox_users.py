"""The hub's users that have sandboxes: made on the service's word; their person, or a visitor's ticket, is let in."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Any

from jupyterhub import orm, scopes
from jupyterhub.apihandlers.base import APIHandler
from jupyterhub.metrics import TOTAL_USERS
from tornado.web import HTTPError

from gaia_vre.core.kinds import SANDBOX_GROUP, sandbox_user
from gaia_vre.core.tickets import COOKIE, is_ticket
from gaia_vre.hub import project_users

if TYPE_CHECKING:
    from traitlets.config import Config

SCOPE = "custom:gaia:sandboxes"
"""To make users that have sandboxes, and no others."""
ROLE = {
    "name": "gaia-sandbox",
    "description": "What the user of a sandbox may: be in it.",
    "scopes": [
        # Who it is, as each lab asks of whoever comes in.
        "read:users:name!user",
        "read:users:groups!user",
        "users:activity!user",
        "access:servers!user",
        "access:services!service=gaia",
    ],
    "groups": [SANDBOX_GROUP],
}
ADDRESS = r"/api/gaia/sandboxes/([a-z0-9]{4,16})"
_CLIENT = re.compile(r"jupyterhub-user-sandbox-([a-z0-9]{4,16})-sandbox-([a-z0-9]{4,16})")
_MINE = frozenset({"access:servers", "servers", "read:servers", "delete:servers"})
"""What a person may with a sandbox of theirs at the hub; whether it starts, the service says.

JupyterHub 6.1.1 takes what is shared as it stands for a person's tokens: what a scope implies is named too.
"""


def configure_sandbox_users(c: Config) -> None:
    """Define the scope by which the service makes the users that have sandboxes."""
    given = c.JupyterHub.get("custom_scopes", {})
    if isinstance(given, dict):
        ours = {SCOPE: {"description": "Make the hub's users that have sandboxes."}}
        c.JupyterHub.custom_scopes = ours | given


class AuthorizeHandler(project_users.AuthorizeHandler):
    """Lets people into their sandboxes, and whoever has the ticket to a visitor's into that.

    Nothing else of the hub takes a ticket: a visitor is signed in nowhere.
    """

    async def prepare(self) -> None:
        await super().prepare()
        visitor = self._visitor() if self.request.method == "GET" else None
        if visitor is not None:
            self._jupyterhub_user = visitor
            self.expanded_scopes = {f"access:servers!user={visitor.name}"}
            self.parsed_scopes = scopes.parse_scopes(self.expanded_scopes)

    def needs_oauth_confirm(self, user: Any, oauth_client: Any, requested_scopes: Any) -> bool:
        """Ask nobody whether they want into a sandbox that is theirs."""
        number = _number(oauth_client.identifier)
        if number is not None and self._is_of(user, number):
            return False
        return super().needs_oauth_confirm(user, oauth_client, requested_scopes)

    def _is_of(self, user: Any, number: str) -> bool:
        owner = orm.User.find(self.db, sandbox_user(number))
        server = owner.orm_spawners.get(sandbox_user(number)) if owner else None
        return server is not None and orm.Share.find(self.db, server, share_with=user.orm_user) is not None

    def _visitor(self) -> Any:
        """Return the user of the sandbox that asks who is there, if this browser has the ticket to it."""
        number = _number(self.get_query_argument("client_id", ""))
        if number is None:
            return None
        given = self.get_cookie(f"{COOKIE}{number}", "")
        if not is_ticket(os.environ.get("GAIA_VRE_SERVICE_TOKEN", ""), number, given):
            return None
        return self.find_user(sandbox_user(number))


class SandboxUserHandler(APIHandler):  # type: ignore[misc]
    """Make the user that has a sandbox, once or again."""

    def put(self, number: str) -> None:
        """Answer with the user's name.

        It has none of the rights of people: its group gives it what it may. The person whose sandbox it is may enter
        and stop it.
        """
        if not self.has_scope(SCOPE):
            raise HTTPError(403, f"Needs the scope {SCOPE}")
        name, person = sandbox_user(number), self._person()
        if orm.User.find(self.db, name) is None:
            self._make(name, person)
        self.write(json.dumps({"name": name}))

    def _make(self, name: str, person: Any) -> None:
        """Write all of it at once: a sandbox starts in little more than a second, and each commit is some of it."""
        user = orm.User(name=name, groups=[orm.Group.find(self.db, SANDBOX_GROUP)])
        server = orm.Spawner(name=name, display_name=name, user=user)
        self.db.add_all([user, server])
        self.db.flush()
        if person is not None:
            orm.Share.grant(self.db, server, person, _MINE)
        self.db.commit()
        TOTAL_USERS.inc()

    def _person(self) -> Any:
        name = (self.get_json_body() or {}).get("person")
        if name is None:
            return None
        found = orm.User.find(self.db, str(name))
        if found is None:
            raise HTTPError(404, "There is no such person")
        return found


def _number(client: str) -> str | None:
    """Return the number of the sandbox that is this client of the hub's OAuth."""
    found = _CLIENT.fullmatch(client)
    return found[1] if found and found[1] == found[2] else None


def handlers() -> list[tuple[str, type[Any]]]:
    """Return the addresses that the hub has besides its own, or in their place."""
    return [(ADDRESS, SandboxUserHandler), (r"/api/oauth2/authorize", AuthorizeHandler)]
