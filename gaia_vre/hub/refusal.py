"""A refusal as a person reads it: the limit, who holds it, whom to ask, and what fits now."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jupyterhub.spawner import SpawnException

from gaia_vre.hub.words import amount, short, unit
from gaia_vre.look.language import Language
from gaia_vre.quotas.sources import source_words
from gaia_vre.quotas.words import FORMS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jinja2 import Template

    from gaia_vre.core.errors import DoesNotFit
    from gaia_vre.core.settings import Labs
    from gaia_vre.hub.choices import Choice

_MOST_WAYS = 4
_INSTANT = frozenset({"cores", "memory", "gpus", "servers", "clusters", "workers"})
"""What is held at one moment, where the rest is used up over time."""


class Refusal(SpawnException):  # type: ignore[misc]
    """A start that is refused; the pages of the hub show its words, and nothing of the machinery around them."""

    def __init__(self, message: str, *, reason: str, status: int, html: str = "") -> None:
        # tornado takes what it logs for a pattern: a reason that somebody wrote may hold a percent sign.
        logged = message.replace("%", "%%")
        super().__init__(message, reason=reason, log_message=logged, message_html=html, status_code=status)
        # The start form and the waiting page of JupyterHub 6.1 look for these names only.
        self.jupyterhub_message = message
        if html:
            self.jupyterhub_html_message = html


@dataclass(frozen=True)
class Refused:
    """A start that was refused."""

    username: str
    server: str
    choice: Choice
    refusal: DoesNotFit
    number: str
    """Under which the operators find it."""


def refusal_html(labs: Labs, refused: Refused, language: Language | None = None) -> str:
    """Return the section of the page, in the language of who asked."""
    language = language or Language("en")
    facts = refused.refusal.facts
    dimension = str(facts.get("dimension", ""))
    limit, left, asked = (float(facts.get(name, 0)) for name in ("limit", "left", "asked"))
    return _template().render(
        facts=facts,
        t=language.text,
        count=language.count,
        lang=language,
        amount=lambda value: amount(language, dimension, value) if dimension in FORMS else short(language, value),
        short=lambda value: short(language, value),
        place=_place(facts, refused.username, language),
        size=refused.choice.size,
        word=unit(language, dimension),
        instant=dimension in _INSTANT,
        limit=limit,
        left=left,
        asked=asked,
        source=source_words(language, str(facts.get("source", ""))).rstrip("."),
        bar=_bar(limit, left, asked),
        held_by=[one | {"you": one["username"] == refused.username} for one in facts.get("held_by", ())],
        ask=facts.get("ask", ()),
        ways=_ways(labs, refused, language),
        number=refused.number,
    )


def spawn_address(username: str, server: str, options: Mapping[str, str]) -> str:
    """Return the address that starts a server with these options."""
    path = "/".join(["/hub/spawn", quote(username, safe="@"), *([quote(server, safe="")] if server else [])])
    return f"{path}?{urlencode({f'opt-{name}': value for name, value in options.items()})}"


def _ways(labs: Labs, refused: Refused, language: Language) -> list[dict[str, Any]]:
    """Return what would fit: on the same account the largest first, then the same size elsewhere."""
    sizes = {size.name: size for size in labs.sizes}
    wanted, payer = refused.choice, refused.choice.account or f"person:{refused.username}"
    found = [one for one in refused.refusal.facts.get("fitting", ()) if one["size"] in sizes]
    found.sort(key=lambda one: (one["size"] != wanted.size.name, one["account"] != payer, -sizes[one["size"]].cores))
    return [
        {
            "size": sizes[one["size"]],
            "account": _place({"account": one["account"], "title": one["title"]}, refused.username, language),
            "credits": one["credits"],
            "address": spawn_address(
                refused.username,
                refused.server,
                wanted.options | {"size": one["size"], "account": one["account"]},
            ),
        }
        for one in found[:_MOST_WAYS]
    ]


def _place(facts: Mapping[str, Any], username: str, language: Language) -> str:
    if facts.get("account") == f"person:{username}":
        return language.text("your account")
    if facts.get("account") == f"ceiling:{username}":
        return language.text("what you may hold")
    return str(facts.get("title", ""))


def _bar(limit: float, left: float, asked: float) -> dict[str, float]:
    """Return the parts of the bar in percent of its length."""
    held = max(0.0, limit - left)
    whole = max(limit, held + asked) * 1.05 or 1.0
    return {"held": 100 * held / whole, "asked": 100 * asked / whole, "limit": 100 * limit / whole}


@cache
def _template() -> Template:
    pages = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")), autoescape=True, undefined=StrictUndefined
    )
    return pages.get_template("gaia_refusal.html")
