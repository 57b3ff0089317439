"""What is refused, and how it is said."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.service.conftest import HOME, World, proof
from tests.service.fakes import SERVICE_TOKEN

REPORT = {"username": "ada", "reason": "memory", "ended": "2026-11-24T11:00:00Z"}


def test_a_body_that_says_it_is_too_long_is_refused(world: World) -> None:
    answer = world.program().post(f"{HOME}api/endings", content=b"x" * 10_000_000)
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")
    assert "1,000,000 bytes" in answer.json()["detail"]
    assert "Content-Security-Policy" in answer.headers


def test_a_body_without_a_length_is_cut_off_at_the_limit(world: World) -> None:
    sent = 0

    def pieces() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(100):
            sent += 100_000
            yield b"x" * 100_000

    answer = world.program().post(f"{HOME}api/endings", content=pieces())
    assert answer.status_code == 413


@pytest.mark.parametrize("length", ["-1", "abc", "1e3", "99999999999999999999"])
def test_a_length_that_is_none_is_refused(world: World, length: str) -> None:
    answer = world.program().post(f"{HOME}api/endings", content=b"{}", headers={"Content-Length": length})
    assert answer.status_code == 413


BAD = {
    "no json": b"{",
    "a list": b"[]",
    "deep": b"[" * 20_000,
    "an unknown reason": REPORT | {"reason": "moon"},
    "an unknown key": REPORT | {"more": 1},
    "no user": REPORT | {"username": ""},
    "a long user": REPORT | {"username": "x" * 300},
    "NUL": REPORT | {"username": "a\0b"},
    "a line break": REPORT | {"detail": "a\nb"},
    "half a character": b'{"username": "\\ud800", "reason": "memory", "ended": "2026-11-24T11:00:00Z"}',
    "no zone": REPORT | {"ended": "2026-11-24T11:00:00"},
    "the future": REPORT | {"ended": "2027-01-01T00:00:00Z"},
    "a long detail": REPORT | {"detail": "x" * 501},
    "an impossible time": REPORT | {"ended": "2026-13-45"},
    "a time before all": REPORT | {"ended": "0001-01-01T00:00:00+14:00"},
}


@pytest.mark.parametrize("body", BAD.values(), ids=BAD)
def test_a_bad_report_is_named_and_changes_nothing(any_world: World, body: bytes | dict[str, str]) -> None:
    client = any_world.program(SERVICE_TOKEN)
    what = (
        {"content": body, "headers": {"Content-Type": "application/json"}}
        if isinstance(body, bytes)
        else {"json": body}
    )
    answer = client.post(f"{HOME}api/endings", **what)
    assert answer.status_code in (400, 422)
    assert answer.json()["code"] == "invalid"
    assert any_world.parts.store.endings("ada") == []


@pytest.mark.parametrize(
    "path", ["servers/A", "servers/..%2Fbob", "servers/a%00b", f"servers/{'x' * 31}", "clusters/a b"]
)
def test_a_name_that_none_can_have_never_reaches_the_hub(world: World, path: str) -> None:
    assert world.program().delete(f"{HOME}api/{path}").status_code in (404, 422)
    assert world.hub.done == []


@pytest.mark.parametrize("form", [{"name": "../../bob"}, {"name": "x" * 400}, {"name": "a\0"}, {"name": "\u202eabc"}])
def test_a_form_with_a_bad_name_is_refused(world: World, form: dict[str, str]) -> None:
    browser = world.browser()
    answer = browser.post(f"{HOME}servers/stop", data=form | {"_xsrf": proof(browser.get(HOME).text)})
    assert answer.status_code == 422
    assert world.hub.done == []


def test_a_person_gets_an_error_as_a_page(world: World) -> None:
    page = world.browser("fr").get(f"{HOME}none")
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "Il n’y a rien ici" in page.text
    assert "There is no such page." in page.text


def test_a_program_gets_it_as_a_problem(world: World) -> None:
    answer = world.program().get(f"{HOME}none")
    assert answer.json()["title"] == "Not Found"
    assert answer.json()["status"] == 404


def test_what_the_hub_refuses_is_shown_in_its_words_but_inert(world: World) -> None:
    browser = world.browser()
    key = proof(browser.get(HOME).text)
    world.hub.refusal = "ada's server is already <b>running</b>"
    page = browser.post(f"{HOME}servers/start", data={"_xsrf": key})
    assert page.status_code == 422
    assert "already &lt;b&gt;running" in page.text


def test_an_unexpected_error_is_told_by_a_number_that_the_log_has(
    world: World, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world.parts.store, "endings", lambda *_: 1 / 0)
    answer = world.program().get(f"{HOME}api/endings")
    report = answer.json()["detail"].rpartition(" ")[2]
    assert answer.status_code == 500
    assert answer.json()["instance"] == f"urn:gaia-vre:report:{report}"
    assert report in caplog.text
    assert "division" not in answer.text
    assert "Content-Security-Policy" in answer.headers


def test_health_says_that_all_is_well(world: World) -> None:
    assert world.anyone().get(f"{HOME}health").json() == {"status": "ok"}


def test_health_names_the_hub_when_it_is_silent(world: World) -> None:
    world.hub.down = True
    answer = world.anyone().get(f"{HOME}health")
    assert answer.status_code == 503
    assert "hub does not answer" in answer.json()["detail"]


def test_health_names_the_database_when_it_is_gone(world: World) -> None:
    with world.parts.engine.begin() as connection:
        connection.execute(text("DROP TABLE alembic_version"))
    answer = world.anyone().get(f"{HOME}health")
    assert answer.status_code == 503
    assert "database" in answer.json()["detail"]


def test_a_damaged_database_is_a_problem_not_a_trace(world: World, tmp_path: Path) -> None:
    world.parts.engine.dispose()
    for file in tmp_path.glob("gaia.sqlite*"):
        file.write_bytes(b"no database" * 1000)
    answer = world.program().get(f"{HOME}api/endings")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert world.anyone().get(f"{HOME}health").status_code == 503


def test_without_the_hub_a_page_says_so(world: World) -> None:
    browser = world.browser()
    world.hub.down = True
    page = browser.get(HOME)
    assert page.status_code == 503
    assert "Not available now" in page.text


def test_numbers_name_routes_and_never_people(world: World) -> None:
    world.program().delete(f"{HOME}api/servers/secret-name")
    world.anyone().request("BREW", f"{HOME}api/me")
    text = world.anyone().get(f"{HOME}metrics").text
    assert 'route="/services/gaia/api/servers/{name}"' in text or "{name}" in text
    assert "secret-name" not in text
    assert "BREW" not in text


def test_through_the_proxy_numbers_are_for_administrators(world: World) -> None:
    through = {"X-Forwarded-For": "203.0.113.7"}
    assert world.anyone().get(f"{HOME}metrics", headers=through).status_code == 401
    assert world.program().get(f"{HOME}metrics", headers=through).status_code == 403
    assert world.program("root-token").get(f"{HOME}metrics", headers=through).status_code == 200


def test_every_answer_forbids_scripts_of_others(world: World) -> None:
    browser = world.browser()
    for path in ("", "none", "static/gaia.css", "health"):
        policy = browser.get(f"{HOME}{path}").headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy


def test_the_interactive_documentation_is_off(world: World) -> None:
    for path in ("docs", "redoc", "services/gaia/docs", "openapi.json"):
        assert world.anyone().get(f"/{path}").status_code == 404


def test_static_files_stay_in_their_folder(world: World) -> None:
    assert world.anyone().get(f"{HOME}static/gaia.css").status_code == 200
    for path in ("..%2fapp.py", "%2e%2e/app.py", "fonts", ""):
        assert world.anyone().get(f"{HOME}static/{path}").status_code == 404
