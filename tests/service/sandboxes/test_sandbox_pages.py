"""The pages of sandboxes, as ada uses them, and as a hostile link meets them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from fastapi.testclient import TestClient

from gaia_vre.sandboxes.model import Sandbox, Source
from tests.service.conftest import HOME, World, proof
from tests.service.fakes import server
from tests.support.git_server import GitServer

NEW = f"{HOME}sandbox/new"
LIST = f"{HOME}sandboxes"
GIT = {"git": "https://github.com/ocean/enso-course", "ref": "v1.2", "path": "notebooks/01.ipynb"}


def link(**words: str) -> str:
    return f"{NEW}?{urlencode(words)}"


def started(world: World, **words: str) -> TestClient:
    """Follow a link and press its button."""
    ada = world.browser()
    text = ada.get(link(**words)).text
    fields = dict(re.findall(r'name="(kind|reference|revision|path)" value="([^"]*)"', text))
    address = ada.post(NEW, data=fields | {"_xsrf": proof(text)}).headers["location"]
    assert address.startswith(f"{HOME}sandbox/starting/")
    assert "Your sandbox is being made" in ada.get(address).text, "the hub has not heard of it"
    made = world.parts.sandboxes.find(address.rpartition("/")[2])
    world.hub.servers[made.user][made.server] = server(made.server, ready=False, pending="spawn")
    assert ada.get(address).headers["location"].startswith(f"/hub/spawn-pending/{made.user}/{made.server}?next=")
    world.hub.servers[made.user][made.server] = server(made.server)
    assert ada.get(address).headers["location"].startswith(f"/user/{made.user}/{made.server}/lab")
    return ada


def only(world: World) -> Sandbox:
    (found,) = world.parts.sandboxes.of("ada")
    return found


def test_a_link_shows_what_would_run_and_starts_nothing(world: World) -> None:
    text = world.browser().get(link(**GIT)).text
    for words in (
        "Open this repository in a sandbox?",
        GIT["git"],
        "v1.2",
        GIT["path"],
        "Nothing runs until",
        "github.com",
        "can let it name something else",
        "2 h",
        "no private network",
    ):
        assert words in text
    assert world.parts.sandboxes.of("ada") == []


def test_a_page_has_the_link_to_it_for_a_paper(world: World) -> None:
    text = world.browser().get(link(**GIT)).text
    assert f"{NEW}?git={GIT['git']}&amp;ref=v1.2&amp;path=notebooks/01.ipynb</pre>" in text


def test_a_commit_is_said_to_stay_the_same(world: World) -> None:
    assert "Always the same." in world.browser().get(link(git=GIT["git"], ref="9f3c2e1a" * 5)).text


def test_whoever_is_not_signed_in_comes_back_to_the_link(world: World) -> None:
    answer = world.anyone().get(link(**GIT), headers={"Accept": "text/html"})
    assert answer.status_code == 303
    assert "oauth2/authorize" in answer.headers["location"]


def test_the_button_starts_it_and_the_pages_count_it_down(world: World) -> None:
    ada = started(world, example="01-first-steps.ipynb")
    for page in (LIST, HOME):
        text = ada.get(page).text
        assert "01-first-steps" in text
        assert f"/{only(world).server}/lab/tree/examples/01-first-steps.ipynb" in text
        assert "Extend by 1 h (2 left)" in text
    world.later(minutes=95)
    assert "gaia-countdown-soon" in ada.get(LIST).text


def test_a_sandbox_lives_longer_and_is_destroyed_from_its_line(world: World) -> None:
    ada = started(world)
    before = only(world)
    fields = {"number": before.id, "_xsrf": proof(ada.get(LIST).text)}
    assert ada.post(f"{LIST}/extend", data=fields).status_code == 303
    assert only(world).deadline > before.deadline
    assert ada.post(f"{LIST}/destroy", data=fields | {"back": HOME}).headers["location"] == HOME
    text = ada.get(LIST).text
    assert "nothing kept" in text
    assert "Try again" in text


def test_its_work_is_kept_in_the_home_or_in_a_project_and_the_line_says_where(world: World) -> None:
    ada = started(world, example="01-first-steps.ipynb")
    number = only(world).id
    text = ada.get(f"{HOME}projects/new").text
    fields = {"title": "Ocean heat", "visibility": "listed", "_xsrf": proof(text)}
    assert ada.post(f"{HOME}projects/new", data=fields).status_code == 303
    (world.parts.settings.state / "projects" / "ocean-heat").mkdir(parents=True)
    text = ada.get(LIST).text
    assert '<option value="project:ocean-heat">Ocean heat</option>' in text
    for to, words in (("home", "kept in your home: 01-first-steps"), ("project:ocean-heat", "kept in Ocean heat")):
        kept = ada.post(f"{LIST}/keep", data={"number": number, "to": to, "_xsrf": proof(text)})
        assert kept.headers["location"] == f"{LIST}#s-{number}"
        assert words in ada.get(LIST).text
    home = world.parts.settings.state / "homes" / "ada"
    assert list(home.rglob("01-first-steps.ipynb"))


def test_nothing_is_kept_in_a_project_of_others(world: World) -> None:
    ada = started(world, example="01-first-steps.ipynb")
    fields = {"number": only(world).id, "to": "project:not-mine", "_xsrf": proof(ada.get(LIST).text)}
    assert ada.post(f"{LIST}/keep", data=fields).status_code == 404


def test_nothing_is_done_to_the_sandbox_of_another(world: World) -> None:
    started(world)
    bob = world.browser(user="bob")
    fields = {"number": only(world).id, "_xsrf": proof(bob.get(LIST).text)}
    for act in ("extend", "keep", "destroy"):
        assert bob.post(f"{LIST}/{act}", data=fields).status_code == 404
    assert only(world).id not in bob.get(LIST).text


@pytest.mark.parametrize(
    "path", [NEW, f"{LIST}/extend", f"{LIST}/keep", f"{LIST}/destroy", f"{HOME}operate/sandboxes/stop"]
)
def test_a_form_of_another_site_changes_nothing(world: World, path: str) -> None:
    assert world.browser().post(path, data={"number": "abcd", "kind": "blank"}).status_code == 403
    assert world.parts.sandboxes.of("ada") == []


HOSTILE = {
    "path escape": {**GIT, "path": "../../../etc/passwd"},
    "this machine": {"git": "https://127.0.0.1:8081/hub/api"},
    "metadata": {"git": "https://169.254.169.254/latest"},
    "file": {"git": "file:///etc/passwd"},
    "credentials": {"git": "https://ada:secret@github.com/a/b"},
    "option": {**GIT, "ref": "--upload-pack=touch /tmp/x"},
    "script in a name": {"example": "<script>alert(1)</script>"},
    "script as a word": {"<script>alert(1)</script>": "1"},
    "script in a path": {**GIT, "path": "<img src=x onerror=alert(1)>.ipynb"},
    "two sources": {**GIT, "dataset": "sst"},
    "endless": {"git": "https://github.com/" + "a" * 5000},
}


@pytest.mark.parametrize("words", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_link_is_refused_and_what_it_says_stays_text(world: World, words: dict[str, str]) -> None:
    ada = world.browser()
    answer = ada.get(link(**words))
    assert answer.status_code in (404, 422)
    assert "<script>alert" not in answer.text
    assert "<img src=x" not in answer.text
    assert "secret@github" not in answer.text
    assert "Start the sandbox" not in answer.text


def test_what_a_link_may_not_ask_a_form_may_not_either(world: World) -> None:
    ada = world.browser()
    fields = {"kind": "git", "reference": "file:///etc", "_xsrf": proof(ada.get(NEW).text)}
    assert ada.post(NEW, data=fields).status_code == 422
    assert world.parts.sandboxes.of("ada") == []


def test_a_project_is_copied_for_its_members_alone(world: World) -> None:
    ada = world.browser()
    text = ada.get(f"{HOME}projects/new").text
    fields = {"title": "Ocean heat", "visibility": "listed", "_xsrf": proof(text)}
    assert ada.post(f"{HOME}projects/new", data=fields).status_code == 303
    assert "Copy this project into a sandbox?" in ada.get(link(project="ocean-heat")).text
    assert world.browser(user="bob").get(link(project="ocean-heat")).status_code == 403


def test_whoever_has_as_many_as_one_may_reads_so_before_the_button(world: World) -> None:
    started(world)
    text = started(world).get(NEW).text
    assert "as many sandboxes as one may have, 2" in text
    assert "Start the sandbox" not in text


def test_without_sandboxes_the_list_says_what_will_stand_there(world: World) -> None:
    text = world.browser().get(LIST).text
    assert "Here stand labs to try things in" in text
    assert "Nothing yet." in text


def test_an_operator_sees_all_with_ages_and_stops_one(world: World) -> None:
    started(world, example="01-first-steps.ipynb")
    world.later(minutes=12)
    admin = world.browser(user="root")
    page = f"{HOME}operate/sandboxes"
    text = admin.get(page).text
    assert "1 run, 0 are being prepared" in text
    assert "12 min old" in text
    assert admin.post(f"{page}/stop", data={"number": only(world).id, "_xsrf": proof(text)}).status_code == 303
    assert only(world).state == "frozen"
    assert "an administrator stopped it" in world.browser().get(LIST).text
    assert world.browser().get(page).status_code == 403


def test_pages_speak_french(world: World) -> None:
    started(world)
    text = world.browser(language="fr").get(LIST).text
    assert "Mes bacs à sable" in text
    assert "Prolonger" in text


def test_a_source_that_was_tried_can_be_tried_again(world: World) -> None:
    sandboxes = world.parts.sandboxes
    source = Source("git", GIT["git"], "9f3c2e1a" * 5, "enso-course/notebooks/01.ipynb")
    now = world.time[0]
    made = sandboxes.create(
        Sandbox("0123abcd", "ada", "enso-course", source, "making", now, now + timedelta(hours=1)), 2
    )
    sandboxes.give_up(made.id, "deadline")
    sandboxes.destroyed(made.id)
    text = world.browser().get(LIST).text
    assert f"sandbox/new?git={GIT['git']}&amp;ref={'9f3c2e1a' * 5}&amp;path=notebooks/01.ipynb" in text


def with_host(world: World, host: str) -> World:
    policy = world.parts.settings.sandboxes
    tried = policy.repositories.model_copy(update={"tried_hosts": (host,)})
    changed = {"sandboxes": policy.model_copy(update={"repositories": tried})}
    settings = world.parts.settings.model_copy(update=changed)
    return replace(world, parts=replace(world.parts, settings=settings))


def test_a_repository_is_taken_after_the_button_alone_and_its_commit_is_kept(world: World, tmp_path: Path) -> None:
    (tmp_path / "served").mkdir()
    with GitServer(tmp_path / "served") as server:
        commit = server.make("enso", {"notebooks/01.ipynb": b"{}"}, tag="v1")
        world = with_host(world, server.host)
        ada = world.browser()
        ada.get(link(git=server.url("enso"), ref="v1"))
        assert server.asked == []
        started(world, git=server.url("enso"), ref="v1", path="notebooks/01.ipynb")
        assert only(world).source == Source("git", server.url("enso"), commit, "enso/notebooks/01.ipynb")
        text = ada.get(link(git=server.url("nino"))).text
        fields = {"kind": "git", "reference": server.url("nino"), "_xsrf": proof(text)}
        refused = ada.get(ada.post(NEW, data=fields).headers["location"]).text
    assert "Your sandbox could not be made" in refused
    assert "There is no public repository" in refused
    assert "There is no public repository" in ada.get(LIST).text
