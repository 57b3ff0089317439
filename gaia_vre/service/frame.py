"""What every page needs: the templates, the texts of a language, who is signed in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi.responses import RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.templating import Jinja2Templates

from gaia_vre.look import TEMPLATES
from gaia_vre.look.language import LANGUAGES

if TYPE_CHECKING:
    from fastapi import Response

    from gaia_vre.look.language import Language
    from gaia_vre.service.dependencies import Parts
    from gaia_vre.service.login import Caller

PREFIX = "/services/gaia/"
HUB = "/hub/"

templates = Jinja2Templates(
    env=Environment(
        loader=FileSystemLoader([Path(__file__).parent / "templates", TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
)


def frame(service: Parts, language: Language, who: Caller | None) -> dict[str, Any]:
    """Return what the frame around a page shows, for a person or for anybody."""
    now, zone = service.clock(), service.settings.service.time_zone
    return texts(language) | {
        "when": lambda time: language.when(time, now, zone),
        "at": lambda time: language.at(time, now, zone),
        "today": language.day(now, zone),
        "clock": language.when(now, now, zone),
        "zone": zone,
        "contact": service.settings.login.contact or "",
        "terms": service.settings.login.terms or "",
        "user": who.name if who else None,
        "anonymous": who is None,
        "admin": bool(who and who.person.admin),
        "proof": service.login.proof(who.session or "") if who else "",
    }


def texts(language: Language) -> dict[str, Any]:
    """Return how the language writes texts and numbers."""
    return {
        "t": language.text,
        "count": language.count,
        "number": language.number,
        "lang": language,
        "languages": LANGUAGES,
        "prefix": PREFIX,
    }


def script_json(value: Any) -> Markup:
    """Return JSON that may stand in a script element: no text in it can end the element."""
    text = json.dumps(value, ensure_ascii=False)
    return Markup(text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"))  # noqa: S704 - escaped


def own_page(address: str) -> str:
    """Return an address of our own pages or the hub's, or the home page in place of any other."""
    ours = address.startswith((PREFIX, HUB)) and "\\" not in address and address.isprintable()
    return address if ours and not address.startswith(f"{HUB}logout") else PREFIX


def redirect(address: str) -> Response:
    """Return the answer to a form: where to go on."""
    return RedirectResponse(address, status_code=303)
