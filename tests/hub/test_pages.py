"""The hub's templates, made as the hub makes them: in the language of the request, with no script inside."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader
from traitlets.config import Config

from gaia_vre.core.errors import SettingsError
from gaia_vre.core.settings import parse_settings
from gaia_vre.hub import steps
from gaia_vre.hub.language import language_of_start
from gaia_vre.hub.pages import POLICY, configure_pages

PAGES = sorted(
    path.name
    for path in (Path(__file__).parents[2] / "gaia_vre" / "hub" / "templates").glob("*.html")
    if not path.name.startswith("gaia_")
)
STATE = {"steps": [{"name": "lab", "title": "JupyterLab answers", "seconds": None}], "now": "lab", "half": 4.0}


class Handler:
    """A request, as far as templates see it."""

    def __init__(self, accepted: str = "", cookie: str | None = None, uri: str = "/hub/spawn?next=%2Fx") -> None:
        self.request = SimpleNamespace(headers={"Accept-Language": accepted}, uri=uri, method="GET", path=uri)
        self.log = SimpleNamespace(warning=lambda *_: None)
        self._cookie = cookie

    def get_cookie(self, _name: str, default: str | None) -> str | None:
        return self._cookie or default

    def static_url(self, path: str, *, include_version: bool = True) -> str:
        return f"/hub/static/{path}?v={include_version}"


def made(name: str, handler: Handler, **given: Any) -> str:
    """Return a page as JupyterHub 6.1.1 makes it: variables that can be called are called with the person."""
    c = Config()
    configure_pages(c, parse_settings({"login": {"contact": "mailto:help@example.org"}}))
    ours = FileSystemLoader(c.JupyterHub.template_paths)
    pages = Environment(loader=ChoiceLoader([PrefixLoader({"templates": ours}), ours]), autoescape=True)
    user = SimpleNamespace(name="ada", json_escaped_name="ada")
    known = {name: value(user) if callable(value) else value for name, value in c.JupyterHub.template_vars.items()}
    spawner = SimpleNamespace(name="", ready=True, steps=None, step_names=steps.LOCAL, user_options={})
    about: dict[str, Any] = {
        "base_url": "/hub/",
        "prefix": "/",
        "user": user,
        "login_url": "/hub/login",
        "logout_url": "/hub/logout",
        "static_url": handler.static_url,
        "parsed_scopes": {},
        "xsrf_token": 'x"</script>',
        "xsrf": "x",
        "version_hash": "1",
        "status_code": 404,
        "spawner": spawner,
        "owner": SimpleNamespace(name="bob<b>"),
        "oauth_client": SimpleNamespace(description="<b>app</b>", redirect_uri="/user/x"),
        "progress_url": "/hub/api/users/ada/server/progress",
        "url": "/hub/spawn",
        "spawn_url": "/hub/spawn",
    }
    return pages.get_template(name).render(known | about | given)


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_no_page_holds_a_script_a_style_or_another_host(name: str, language: str) -> None:
    text = made(name, Handler(accepted=language))
    assert f'<html lang="{language}">' in text
    inside = re.findall(r"<script(?![^>]*\bsrc=)([^>]*)>", text)
    assert all('type="application/json"' in one for one in inside)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", text)
    assert not re.search(r'(?:src|href)="(?:https?:)?//', text)
    assert text.count("</script>") == text.count("<script")
    assert "unsafe-inline" not in POLICY


def test_a_page_speaks_as_switched_to_else_as_the_browser_asks() -> None:
    assert "Se connecter" in made("login.html", Handler(accepted="fr-FR,en"))
    assert "Sign in" in made("login.html", Handler(accepted="fr-FR,en", cookie="en"))
    assert "Sign in" in made("login.html", Handler(cookie="xx"))


def test_the_switch_leads_back_to_the_page() -> None:
    assert 'name="back" value="/hub/spawn?next=%2Fx"' in made("spawn.html", Handler())


def test_names_and_messages_of_others_are_inert() -> None:
    nasty = "<img src=x onerror=alert(1)>"
    for page in ("error.html", "not_running.html", "login.html", "spawn.html"):
        text = made(
            page, Handler(), message=nasty, failed=True, failed_message=nasty, error_message=nasty, login_error=nasty
        )
        assert nasty not in text
        assert "&lt;img" in text


def test_the_institution_stands_first_with_help_and_terms() -> None:
    text = made("login.html", Handler(), login_service="EGI <Check-in>", authenticator_login_url="/hub/oauth_login")
    assert "Sign in with EGI &lt;Check-in&gt;" in text
    assert "<form action" not in text
    assert 'href="mailto:help@example.org"' in text


def test_an_error_page_has_a_number_that_the_log_has_too() -> None:
    handler, lines = Handler(), []
    handler.log = SimpleNamespace(warning=lambda *said: lines.append(said))
    number = re.search(r'id="report">([0-9a-f]{12})<', made("error.html", handler, status_code=500))
    assert number
    assert number[1] in lines[0]


@pytest.mark.parametrize("contact", ["javascript:alert(1)", "help@example.org", 'mailto:a@b"c'])
def test_a_contact_is_an_address_or_refused(contact: str) -> None:
    with pytest.raises(SettingsError, match=r"login\.contact"):
        parse_settings({"login": {"contact": contact}})


def test_the_language_of_a_start_outlives_its_failure() -> None:
    spawner = SimpleNamespace(handler=Handler(accepted="fr"))
    assert language_of_start(spawner).code == "fr"
    spawner.handler = None
    assert language_of_start(spawner).code == "fr"
    assert language_of_start(SimpleNamespace()).code == "en"
