"""Values of messages: what happened, to whom it is told, until when it is of use."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal

Severity = Literal["info", "warn", "bad"]
Fact = str | int | float | datetime

KEPT = timedelta(days=30)
"""How long a message is of use when nothing else is said."""
MOST_TEXT = 500
"""Characters of one fact; what is longer is cut."""
_MOST_FACTS = 20
_MOST_KEY = 200
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+")
"""Control characters, and those that would turn the text around them."""


@dataclass(frozen=True)
class Message:
    """A message, without the words: each reader's language puts them around the facts."""

    key: str
    """What it is about: sent twice it is stored once."""
    kind: str
    """Which words; see `gaia_vre.service.messages.words`."""
    username: str | None
    """None: everybody."""
    created: datetime
    facts: dict[str, Fact] = field(default_factory=dict)
    """Texts, numbers and times that stand in the words."""
    severity: Severity = "info"
    expires: datetime | None = None
    """After this it is shown to nobody any more; None: 30 days later."""
    id: int = 0
    read: datetime | None = None

    @property
    def until(self) -> datetime:
        return self.expires or self.created + KEPT


def bounded(message: Message) -> Message:
    """Return the message with facts that are safe to show in any text: short, on one line, without tricks."""
    facts = {name[:40]: _plain(value) for name, value in list(message.facts.items())[:_MOST_FACTS]}
    return replace(message, key=_short(message.key), facts=facts)


def one_line(text: str, most: int = MOST_TEXT) -> str:
    """Return a text without line ends, control characters and marks of direction, cut to a length."""
    plain = " ".join(_UNSEEN.sub(" ", text[: most * 4]).split())
    return plain if len(plain) <= most else f"{plain[: most - 1]}…"


def stored(facts: dict[str, Fact]) -> dict[str, Any]:
    """Return facts as JSON has them."""
    return {name: {"time": one.isoformat()} if isinstance(one, datetime) else one for name, one in facts.items()}


def restored(facts: dict[str, Any]) -> dict[str, Fact]:
    """Return facts that were stored."""
    return {name: datetime.fromisoformat(one["time"]) if isinstance(one, dict) else one for name, one in facts.items()}


def _short(key: str) -> str:
    """Return a key that fits its column; two keys never become one."""
    return key if len(key) <= _MOST_KEY else f"{key[:120]}:{hashlib.sha256(key.encode()).hexdigest()}"


def _plain(value: Fact) -> Fact:
    return one_line(value) if isinstance(value, str) else value
