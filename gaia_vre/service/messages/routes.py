"""The JSON API of messages: read them, put them away, and for operators tell everybody."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field, model_validator

from gaia_vre.core.errors import NotAllowed
from gaia_vre.look.language import LANGUAGES, Language
from gaia_vre.messages.model import Message
from gaia_vre.service.dependencies import ChangesAs, Parts, UsesCaller, UsesLanguage, UsesParts
from gaia_vre.service.login import Caller
from gaia_vre.service.messages.words import Reader

router = APIRouter(prefix="/api/messages")

Number = Annotated[int, Path(ge=1, lt=2**62)]
_PRINTABLE = r"^[^\x00-\x08\x0b-\x1f\x7f]*$"
_KEY = r"^[A-Za-z0-9._:-]{1,80}$"


class MessageModel(BaseModel):
    """A message in the words of a language."""

    id: int
    kind: str
    severity: str
    title: str
    text: str
    link: str | None
    link_words: str
    time: str
    created: str
    expires: str
    read: bool
    facts: dict[str, Any]


class Words(BaseModel):
    """What operators write, in one language."""

    model_config = ConfigDict(extra="forbid")
    title: str = Field(min_length=1, max_length=120, pattern=_PRINTABLE)
    text: str = Field(default="", max_length=500, pattern=_PRINTABLE)


class Sending(BaseModel):
    """A message of the operators."""

    model_config = ConfigDict(extra="forbid")
    en: Words | None = None
    fr: Words | None = None
    username: str | None = Field(default=None, min_length=1, max_length=255, pattern=_PRINTABLE)
    """None: everybody."""
    severity: Literal["info", "warn", "bad"] = "info"
    hours: float = Field(default=24, gt=0, le=24 * 90)
    """How long it is shown."""
    key: str | None = Field(default=None, pattern=_KEY)
    """Sent twice with the same key it is stored once."""

    @model_validator(mode="after")
    def _says_something(self) -> Sending:
        if self.en is None and self.fr is None:
            raise ValueError("give the words in English (en) or in French (fr)")
        return self


class Sent(BaseModel):
    """Whether a message is new."""

    new: bool


class Upto(BaseModel):
    """Up to which message everything is read."""

    model_config = ConfigDict(extra="forbid")
    id: int = Field(ge=1, lt=2**62)


@router.get("")
def messages(  # noqa: PLR0913, PLR0917 - each is a parameter of the address
    who: UsesCaller,
    service: UsesParts,
    chosen: UsesLanguage,
    unread: Annotated[bool, Query()] = False,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    before: Annotated[int | None, Query(ge=1, lt=2**62)] = None,
    language: Annotated[Literal["en", "fr"] | None, Query()] = None,
) -> list[MessageModel]:
    """List what I was told, newest first: what is unread and of use still, or everything."""
    now = service.clock()
    if unread:
        found = service.messages.unread(who.name, now, limit)
    else:
        found = service.messages.latest(who.name, limit, before)
    reader = Reader(Language(language) if language else chosen, now, service.settings.service.time_zone)
    return [MessageModel(**reader.payload(one)) for one in found]


@router.post("/{number}/read", status_code=204)
def put_away(number: Number, who: ChangesAs, service: UsesParts) -> None:
    """Do not show a message to me any more."""
    service.messages.put_away(who.name, number, service.clock())


@router.post("/read")
def put_all_away(upto: Upto, who: ChangesAs, service: UsesParts) -> dict[str, int]:
    """Do not show me anything any more up to a message; says how many that were."""
    return {"read": service.messages.put_all_away(who.name, upto.id, service.clock())}


@router.post("", status_code=201)
def send(sending: Sending, who: ChangesAs, service: UsesParts) -> Sent:
    """Tell everybody, or one person; for administrators."""
    check_operator(who)
    return Sent(new=tell(service, who.name, sending))


@router.delete("/{number}", status_code=204)
def withdraw(number: Number, who: ChangesAs, service: UsesParts) -> None:
    """Show a message for everybody to nobody any more; for administrators."""
    check_operator(who)
    service.messages.withdraw(number, service.clock())


def tell(service: Parts, by: str, sending: Sending) -> bool:
    """Store a message of the operators once; say whether it is new."""
    now = service.clock()
    facts: dict[str, Any] = {"by": by}
    for code in LANGUAGES:
        words: Words | None = getattr(sending, code)
        if words:
            facts |= {f"title_{code}": words.title, f"text_{code}": words.text}
    return service.messages.send(
        Message(
            key=f"operators:{sending.key or secrets.token_hex(8)}",
            kind="operators",
            username=sending.username,
            created=now,
            facts=facts,
            severity=sending.severity,
            expires=now + timedelta(hours=sending.hours),
        )
    )


def check_operator(who: Caller) -> None:
    """Refuse to whoever is no administrator; raises NotAllowed."""
    if not who.person.admin:
        raise NotAllowed(f"{who.name} may not tell everybody; administrators may")
