"""What each of the hub's pages knows of its request: the language, the address, the number of a report."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from jinja2 import pass_context

from gaia_vre.look.language import LANGUAGE_COOKIE, LANGUAGES, Language, choose_language

if TYPE_CHECKING:
    from collections.abc import Callable

    from jinja2.runtime import Context

_KEPT = "_gaia_language"


def language_variables() -> dict[str, Callable[[Any], Any]]:
    """Return what the hub's templates say texts and numbers with.

    Notes
    -----
    JupyterHub 6.1.1 calls a template variable with the person who asks and puts in its place what it returns.
    No such variable sees the request, but every page has the handler's own ``static_url``.
    """
    spoken = {
        "t": _text,
        "count": _count,
        "number": _number,
        "lang": language_of_page,
        "gaia_address": _address,
        "gaia_report": _report,
        "gaia_me": _me,
    }
    return {name: lambda _, value=value: value for name, value in spoken.items()} | {"languages": lambda _: LANGUAGES}


def language_of(handler: Any) -> Language:
    """Return the language of a request: what was switched to, else what the browser asks for."""
    kept = getattr(handler, _KEPT, None)
    if kept is None:
        cookie = handler.get_cookie(LANGUAGE_COOKIE, None)
        kept = choose_language(cookie, handler.request.headers.get("Accept-Language", ""))
        setattr(handler, _KEPT, kept)
    return kept


def language_of_start(spawner: Any) -> Language:
    """Return the language of who starts a server; without a page, as by the API, English.

    Notes
    -----
    JupyterHub 6.1.1 takes the handler away when a start fails, and asks for the form once more: the language of
    the start is kept with the spawner.
    """
    handler = getattr(spawner, "handler", None)
    if handler is not None:
        setattr(spawner, _KEPT, language_of(handler))
    return getattr(spawner, _KEPT, None) or Language("en")


@pass_context
def language_of_page(context: Context) -> Language:
    """Return the language of the page that is being made."""
    handler = _handler(context)
    return Language("en") if handler is None else language_of(handler)


@pass_context
def _text(context: Context, english: str, **values: str) -> str:
    return language_of_page(context).text(english, **values)


@pass_context
def _count(context: Context, value: float, one: str, many: str) -> str:
    return language_of_page(context).count(value, one, many)


@pass_context
def _number(context: Context, value: float) -> str:
    return language_of_page(context).number(value)


@pass_context
def _address(context: Context) -> str:
    """Return where the person is, to come back to after a switch."""
    handler = _handler(context)
    return str(handler.request.uri) if handler is not None and handler.request.method == "GET" else "/hub/home"


@pass_context
def _report(context: Context) -> str:
    """Return the number of a report about this page, under which the hub's log has what went wrong."""
    handler, number = _handler(context), secrets.token_hex(6)
    if handler is not None:
        handler.log.warning("Report %s: %s %s", number, handler.request.method, handler.request.path)
    return number


@pass_context
def _me(context: Context) -> str:
    """Return who looks at the page; its ``user`` is whose server it is about, which may be another."""
    return str(getattr(getattr(_handler(context), "current_user", None), "name", ""))


def _handler(context: Context) -> Any:
    return getattr(context.get("static_url"), "__self__", None)
