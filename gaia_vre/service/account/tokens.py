"""A person's tokens at the hub: those they made, and those of the places where they are signed in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gaia_vre.service.dependencies import Parts
    from gaia_vre.service.login import Caller

_LONG_AGO = datetime(1900, 1, 1, tzinfo=UTC)
_OF_SERVER = "Server at "
_HUB = "JupyterHub"
"""How the hub calls itself as the maker of a token that somebody asked for."""


@dataclass(frozen=True)
class Token:
    """One token, without its secret."""

    id: str
    note: str
    place: str
    """Where it is used: the hub's own tokens are used anywhere."""
    created: datetime | None
    used: datetime | None
    ends: datetime | None
    session: bool

    @property
    def asked_for(self) -> bool:
        return self.place == _HUB

    @property
    def of_server(self) -> bool:
        """Whether the hub made it for a server, which ends it with the server."""
        return self.asked_for and self.note.startswith(_OF_SERVER)


def tokens_of(service: Parts, who: Caller) -> tuple[list[Token], list[Token]]:
    """Return the tokens that the person made and those of their sessions, last used first."""
    found = [one for model in service.hub.tokens(who.name, who.token) if not (one := _token(model)).of_server]
    found.sort(key=lambda one: one.used or one.created or _LONG_AGO, reverse=True)
    return [one for one in found if one.asked_for], _sessions([one for one in found if not one.asked_for])


def _sessions(tokens: list[Token]) -> list[Token]:
    """Return the last used token of each place: ending one ends the session there."""
    kept: dict[str, Token] = {}
    for one in tokens:
        kept.setdefault(one.place, one)
    return list(kept.values())


def _token(model: dict[str, Any]) -> Token:
    return Token(
        id=str(model["id"]),
        note=str(model.get("note") or ""),
        place=str(model.get("oauth_client") or _HUB),
        created=_time(model.get("created")),
        used=_time(model.get("last_activity")),
        ends=_time(model.get("expires_at")),
        session=bool(model.get("session_id")),
    )


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text.replace("Z", "+00:00")) if text else None
