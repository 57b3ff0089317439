"""The groups that people are in now: the identity provider is asked again, where its word is older than a moment."""

from __future__ import annotations

import asyncio
import json
import time
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from jupyterhub.apihandlers.base import APIHandler
from tornado.httpclient import HTTPClientError
from tornado.web import HTTPError

if TYPE_CHECKING:
    from traitlets.config import Config

SCOPE = "custom:gaia:groups"
"""To have somebody's groups asked for anew, without being that person."""
ADDRESS = r"/api/gaia/people/([^/]{1,255})/groups"
OLD_SECONDS = 20.0
_PATIENCE_SECONDS = 3.0
_SILENT_SECONDS = 10.0
_NOT_FOUND, _TIMEOUT, _TOO_MANY, _SERVER_ERROR = 404, 408, 429, 500
_OURS = {"invalid_client", "unauthorized_client", "temporarily_unavailable", "server_error", "slow_down"}
"""Errors of RFC 6749 and 8628 that say nothing of the person: the hub's own account at the provider, or its load."""
_FAILURES: ContextVar[list[Exception] | None] = ContextVar("failures", default=None)


def note_failure(error: Exception) -> None:
    """Remember that the provider failed while it was asked, if that says nothing of the person.

    OAuthenticator takes every failure to renew a login for a refusal: somebody would be thrown out by a provider that
    is overloaded.
    """
    failures = _FAILURES.get()
    if failures is not None:
        failures[:] = [] if _is_refusal(error) else [error]  # the last word counts


def _is_refusal(error: Exception) -> bool:
    if not isinstance(error, HTTPClientError):
        return False
    if error.code in (_NOT_FOUND, _TIMEOUT, _TOO_MANY) or error.code >= _SERVER_ERROR:
        return False
    try:
        said = json.loads(error.response.body) if error.response else None
    except ValueError:
        return True
    return not (isinstance(said, dict) and said.get("error") in _OURS)


def configure_people_groups(c: Config) -> None:
    """Define the scope by which the service asks."""
    given = c.JupyterHub.get("custom_scopes", {})
    if isinstance(given, dict):
        c.JupyterHub.custom_scopes = {SCOPE: {"description": "Ask for the groups that people are in now."}} | given


class GroupsHandler(APIHandler):  # type: ignore[misc]
    """Tell the groups of a person as they are now.

    JupyterHub asks the provider when the person does something at the hub; an open connection to a server is nothing
    that it sees.
    """

    _silent_until = 0.0
    """The provider did not answer; until then it is not asked for anybody."""

    async def get(self, name: str) -> None:
        """Answer with the groups; those told last, where the provider is silent or cannot tell."""
        if not self.has_scope(SCOPE):
            raise HTTPError(403, f"Needs the scope {SCOPE}")
        user = self.find_user(name)
        if user is None:
            raise HTTPError(404, f"There is no user {name[:80]!a}")
        inside = await self._renew(user) if self._is_old(user) else True
        self.write(json.dumps({"groups": sorted(group.name for group in user.groups) if inside else []}))

    def _is_old(self, user: Any) -> bool:
        if not self.authenticator.manage_groups or time.monotonic() < GroupsHandler._silent_until:
            return False
        old = getattr(self.authenticator, "groups_seconds", OLD_SECONDS)
        return not user._auth_refreshed or time.monotonic() - user._auth_refreshed >= old

    async def _renew(self, user: Any) -> bool:
        """Ask the provider; say whether it may still know the person."""
        failures: list[Exception] = []
        _FAILURES.set(failures)
        try:
            known = await asyncio.wait_for(self.refresh_auth(user, force=True), _PATIENCE_SECONDS)
        except HTTPError as error:
            return error.status_code != 403  # in no group that may use this hub
        except Exception as error:
            return self._note_silence(user.name, error)
        if known is None and failures:
            return self._note_silence(user.name, failures[-1])
        # Nothing was told. A login that only grew old counts until the next; one that the provider refused to renew
        # is over.
        return known is not None or not (await user.get_auth_state() or {}).get("refresh_token")

    def _note_silence(self, name: str, error: Exception) -> bool:
        """Ask nobody for a while; nobody is thrown out because the provider is down."""
        GroupsHandler._silent_until = time.monotonic() + _SILENT_SECONDS
        said = "The identity provider was asked for the groups of %s in vain, who keeps those told last: %r"
        self.log.warning(said, name, error)
        return True


def handlers() -> list[tuple[str, type[Any]]]:
    """Return the address that the hub has besides its own."""
    return [(ADDRESS, GroupsHandler)]
