import re
from pathlib import Path

import pytest

import gaia_vre.service
from gaia_vre.service.language import choose_language
from gaia_vre.service.model import Thing
from tests.service.conftest import HOUR, NOON, World, problem, server

TEMPLATES = Path(gaia_vre.service.__file__).parent / "templates"
FRENCH = {"Accept-Language": "fr-FR,fr;q=0.9,en;q=0.5"}


def test_a_visitor_is_sent_to_the_hub_and_comes_back_signed_in(world: World) -> None:
    world.sign_in()
    assert "My servers" in world.home()
    assert len(world.hub.verifiers[0]) >= 43


def test_an_answer_that_was_not_asked_for_is_refused(world: World) -> None:
    world.client.get("/services/gaia/", follow_redirects=False)
    answer = world.client.get("/services/gaia/oauth_callback?code=right&state=forged", follow_redirects=False)
    assert problem(answer)["status"] == 422


def test_the_session_is_not_readable(world: World) -> None:
    world.sign_in()
    assert "token-of-ada" not in world.client.cookies["gaia-session"]


def test_nothing_running_is_said_with_what_to_do(world: World) -> None:
    world.sign_in()
    page = world.home()
    assert "Nothing runs" in page
    assert "/hub/spawn/ada" in page


def test_what_runs_stands_there_with_its_size_and_its_clusters(world: World) -> None:
    world.hub.servers["ada"] = [server()]
    world.gateway.add("ada", "a1")
    world.gateway.add("grace", "secret-cluster")
    world.sign_in()
    page = world.home()
    assert "Medium, 2 cores, 4 GiB" in page
    assert "Dask cluster, 2 workers" in page
    assert "secret-cluster" not in page


def test_the_reason_of_an_end_is_found_and_dismissed(world: World) -> None:
    world.store.report(Thing("server", "ada", ""), "memory", NOON - HOUR, NOON)
    world.sign_in()
    assert "It reached the memory of its size" in world.home()
    number = world.store.endings("ada")[0].id
    assert world.press("notices/dismiss", number=str(number)).status_code == 303
    assert "It reached the memory" not in world.home()


def test_what_i_stopped_myself_is_no_news(world: World) -> None:
    world.store.report(Thing("server", "ada", ""), "asked", NOON - HOUR, NOON)
    world.sign_in()
    assert "gaia-notice" not in world.home()


def test_start_goes_to_the_waiting_page(world: World) -> None:
    world.sign_in()
    answer = world.press("servers/start")
    assert answer.headers["location"] == "/hub/spawn-pending/ada"
    assert world.hub.changes() == [("POST", "/users/ada/server", "token-of-ada")]


def test_stop_is_made_with_my_rights(world: World) -> None:
    world.hub.servers["ada"] = [server()]
    world.sign_in()
    world.press("servers/stop", name="")
    assert world.hub.changes() == [("DELETE", "/users/ada/server", "token-of-ada")]


@pytest.mark.parametrize("proof", [None, "", "0" * 64])
def test_a_form_of_another_site_changes_nothing(world: World, proof: str | None) -> None:
    world.sign_in()
    form = {} if proof is None else {"_xsrf": proof}
    answer = world.client.post("/services/gaia/servers/start", data=form, follow_redirects=False)
    assert problem(answer)["status"] == 403
    assert world.hub.changes() == []


def test_signing_out_ends_the_session(world: World) -> None:
    world.sign_in()
    assert world.press("logout").headers["location"] == "/hub/logout"
    assert world.client.get("/services/gaia/", follow_redirects=False).status_code == 303


def test_a_silent_gateway_leaves_the_page_usable(world: World) -> None:
    world.gateway.down = True
    world.sign_in()
    assert "The Dask gateway does not answer now" in world.home()


def test_hostile_text_is_shown_inert(world: World) -> None:
    world.hub.servers["ada"] = [server("<script>alert(1)</script>")]
    detail = "<img src=x onerror=alert(1)>\u202e" + "x" * 10_000
    world.store.report(Thing("server", "ada", ""), "crashed", None, NOON, detail)
    world.sign_in()
    page = world.home()
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "x" * 501 not in page


def test_the_page_speaks_the_language_of_the_browser(world: World) -> None:
    world.hub.servers["ada"] = [server()]
    world.sign_in()
    page = world.home(**FRENCH)
    assert 'lang="fr"' in page
    assert "En marche depuis 14 h 00 · Medium, 2 cœurs, 4 Gio" in re.sub(r"<[^>]+>", "", page)


def test_the_switch_of_language_is_remembered(world: World) -> None:
    world.sign_in()
    world.client.post("/services/gaia/language", data={"code": "fr"})
    assert "Mes serveurs" in world.home()
    assert problem(world.client.post("/services/gaia/language", data={"code": "xx"}))["status"] == 404


@pytest.mark.parametrize(
    ("cookie", "accepted", "code"),
    [
        pytest.param(None, "fr-CA", "fr", id="a region"),
        pytest.param(None, "de, fr;q=0.5", "fr", id="the second wish"),
        pytest.param(None, "de", "en", id="none that we have"),
        pytest.param("en", "fr", "en", id="switched"),
        pytest.param(None, "\x00,;;q=,,", "en", id="nonsense"),
    ],
)
def test_the_language_is_chosen_well(cookie: str | None, accepted: str, code: str) -> None:
    assert choose_language(cookie, accepted).code == code


def test_every_text_is_translated_and_none_is_left_over() -> None:
    pattern = re.compile(r'\bt\("((?:[^"\\]|\\.)*)"\)')
    used = {text for page in TEMPLATES.glob("*.html") for text in pattern.findall(page.read_text())}
    catalog = (TEMPLATES.parent / "locale" / "fr" / "LC_MESSAGES" / "messages.po").read_text()
    known = set(re.findall(r'^msgid "(.+)"$', catalog, re.MULTILINE))
    assert used == known


def test_pages_have_no_inline_script_or_style(world: World) -> None:
    world.sign_in()
    page = world.home()
    assert not re.search(r"<script(?![^>]*\bsrc=)", page)
    assert not re.search(r"\s(style|on\w+)=", page)
