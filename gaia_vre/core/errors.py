"""Errors that a user reads: each carries a code for programs and an HTTP status."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class GaiaError(Exception):
    """Say what is wrong with the thing, the value and the limit in one sentence."""

    code = "internal"
    status = 500

    @property
    def message(self) -> str:
        return str(self.args[0]) if self.args else self.code


class InvalidInput(GaiaError):
    """What was given cannot be understood or is out of bounds."""

    code = "invalid"
    status = 422


class NotSignedIn(GaiaError):
    """Nobody is signed in, or the token is not known."""

    code = "not-signed-in"
    status = 401


class NotAllowed(GaiaError):
    """The person is known but has no right to this."""

    code = "not-allowed"
    status = 403


class NotFound(GaiaError):
    """There is no such thing, or none that this person may see."""

    code = "not-found"
    status = 404


class Conflict(GaiaError):
    """The thing exists already, or is in a state that forbids this."""

    code = "conflict"
    status = 409


class DoesNotFit(GaiaError):
    """A limit leaves no room for this now; `facts` tells which, who holds it and what would fit."""

    code = "does-not-fit"
    status = 409

    def __init__(self, message: str, facts: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.facts = dict(facts or {})


class TooLarge(GaiaError):
    """A body or a list is over its bound."""

    code = "too-large"
    status = 413


class Unavailable(GaiaError):
    """Something that this needs does not answer now; trying later may work."""

    code = "unavailable"
    status = 503


class SettingsError(GaiaError):
    """The settings cannot be used as they stand."""

    code = "settings"
    status = 500


ERRORS: dict[str, type[GaiaError]] = {
    kind.code: kind
    for kind in (
        InvalidInput,
        NotSignedIn,
        NotAllowed,
        NotFound,
        Conflict,
        DoesNotFit,
        TooLarge,
        Unavailable,
        SettingsError,
    )
}


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word most like this one, or None when none is alike."""
    matches = get_close_matches(word, list(known), n=1, cutoff=0.5)
    return matches[0] if matches else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return the end of a sentence that suggests the nearest known word, or nothing."""
    match = nearest(word, known)
    return f"; did you mean {match!r}?" if match else ""
