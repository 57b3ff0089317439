"""Messages on pages: what is unread, and putting it away without a script."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Form, Response

from gaia_vre.core.errors import InvalidInput
from gaia_vre.messages.model import one_line
from gaia_vre.service.dependencies import Parts, SubmitsAs, UsesParts
from gaia_vre.service.frame import PREFIX, own_page, redirect
from gaia_vre.service.messages.routes import Sending, Words, check_operator, tell
from gaia_vre.service.messages.words import Reader
from gaia_vre.service.operate.acts import Act, Acts

if TYPE_CHECKING:
    from collections.abc import Collection

    from gaia_vre.look.language import Language
    from gaia_vre.service.login import Caller

router = APIRouter(include_in_schema=False)
_SHOWN = 5


@router.post("/messages/read")
def put_away(
    who: SubmitsAs,
    service: UsesParts,
    number: Annotated[int, Form(ge=1, lt=2**62)],
    back: Annotated[str, Form(max_length=4000)] = PREFIX,
) -> Response:
    """Do not show a message any more."""
    service.messages.put_away(who.name, number, service.clock())
    return redirect(own_page(back))


@router.post("/messages/read-all")
def put_all_away(
    who: SubmitsAs,
    service: UsesParts,
    number: Annotated[int, Form(ge=1, lt=2**62)],
    back: Annotated[str, Form(max_length=4000)] = PREFIX,
) -> Response:
    """Do not show anything any more up to the last message that the page knew of."""
    service.messages.put_all_away(who.name, number, service.clock())
    return redirect(own_page(back))


@router.post("/messages/send")
def send(  # noqa: PLR0913, PLR0917 - each is a field of the form
    who: SubmitsAs,
    service: UsesParts,
    en: Annotated[str, Form(max_length=120)] = "",
    fr: Annotated[str, Form(max_length=120)] = "",
    severity: Annotated[Literal["info", "warn", "bad"], Form()] = "info",
    hours: Annotated[float, Form(gt=0, le=24 * 90)] = 24,
    back: Annotated[str, Form(max_length=4000)] = PREFIX,
) -> Response:
    """Tell everybody what an administrator wrote."""
    check_operator(who)
    if not (en.strip() or fr.strip()):
        raise InvalidInput("Say something, in English or in French")
    said = {code: Words(title=one) for code, one in (("en", one_line(en)), ("fr", one_line(fr))) if one}
    tell(service, who.name, Sending(**said, severity=severity, hours=hours))
    Acts(service.engine).record(
        Act(who.name, "told", reason=" / ".join(one.title for one in said.values())), service.clock()
    )
    return redirect(own_page(back))


def told(service: Parts, who: Caller, language: Language, besides: Collection[str] = ()) -> dict[str, Any]:
    """Return what a page shows of messages.

    Parameters
    ----------
    besides
        Kinds that the page shows in its own way.
    """
    now = service.clock()
    last = service.messages.newest()  # asked first: what comes meanwhile, the stream brings
    reader = Reader(language, now, service.settings.service.time_zone)
    found = [one for one in service.messages.unread(who.name, now) if one.kind not in besides]
    return {"messages": [reader.payload(one) for one in found[:_SHOWN]], "last_message": last}
