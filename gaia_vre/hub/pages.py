"""The hub's pages in our look, and where a person lands after signing in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tornado.web import StaticFileHandler

from gaia_vre.core.visitor_settings import has_visitors
from gaia_vre.hub.deployment import hub_settings
from gaia_vre.hub.language import language_variables
from gaia_vre.hub.steps import told
from gaia_vre.hub.traits import propose
from gaia_vre.look import STATIC, TEMPLATES

if TYPE_CHECKING:
    from traitlets.config import Config

    from gaia_vre.core.settings import Settings

HOME = "/services/gaia/"
POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self'; script-src 'self'; object-src 'none'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
"""No script and no style inside a page, and nothing of another host."""
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    # A script in somebody's lab has the same origin: it must not open a page of the hub and read it.
    "Cross-Origin-Opener-Policy": "same-origin",
}


def configure_pages(c: Config, settings: Settings | None = None) -> None:
    """Put our templates before the hub's and serve the files they link to."""
    settings = settings or hub_settings()
    _add_headers(c, settings.addresses.labs)
    propose(
        c,
        "JupyterHub",
        default_url=HOME,
        template_paths=[str(Path(__file__).with_name("templates")), str(TEMPLATES)],
        template_vars={
            "gaia_home": HOME,
            "gaia_kind": settings.login.kind,
            "gaia_contact": settings.login.contact or "",
            "gaia_visitors": has_visitors(settings),
            "gaia_terms": settings.login.terms or "",
            "gaia_idle_minutes": settings.labs.idle_minutes,
            "gaia_start_seconds": settings.labs.start_seconds,
            "gaia_starting": lambda _: told,
            **language_variables(),
        },
        extra_handlers=[(r"/gaia-static/(.*)", StaticFileHandler, {"path": str(STATIC)})],
    )


def _add_headers(c: Config, labs: str) -> None:
    """Add the headers of pages to what is set of the web server: the official chart always sets something.

    What a form starts leads to a lab, wherever that is.
    """
    given = c.JupyterHub.get("tornado_settings", {})
    if not isinstance(given, dict):
        return
    headers = {"Content-Security-Policy": f"{POLICY} {labs}".rstrip(), **HEADERS, **given.get("headers", {})}
    c.JupyterHub.tornado_settings = {**given, "headers": headers}
