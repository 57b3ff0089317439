"""What editors publish, what they cannot, and who reads it; ada owns the project, bob edits and eve is a stranger."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gaia_vre.core.errors import Conflict, GaiaError, InvalidInput, NotAllowed, NotFound
from gaia_vre.projects.audience import Changes, Wanted
from gaia_vre.projects.folders import Folders
from gaia_vre.projects.model import Actor
from gaia_vre.projects.publishing import MOST, MOST_VERSIONS, Publication, Publications
from tests.projects.conftest import ADA, BOB, EVE, Desk

NOTEBOOK = json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []})
WHAT = Wanted("heat.ipynb")


class Press:
    """Publications of a project with a folder, rendered by a fake."""

    def __init__(self, desk: Desk, root: Path, *, public: bool = True) -> None:
        folders = Folders(root)
        self.desk, self.folder = desk, folders.make("ocean-heat")
        (self.folder / "heat.ipynb").write_text(NOTEBOOK)
        self.publications = Publications(desk.projects, folders, public=public, render=lambda one: f"{len(one)} bytes")

    def publish(self, wanted: Wanted = WHAT, by: Actor = BOB) -> Publication:
        return self.publications.publish("ocean-heat", wanted, by)

    def reads(self, number: int, who: Actor | None) -> bool:
        try:
            return bool(self.publications.page(self.publications.find(number, who)))
        except NotFound:
            return False


@pytest.fixture
def press(desk: Desk, tmp_path: Path) -> Press:
    desk.project(bob="editor", cleo="viewer")
    return Press(desk, tmp_path / "projects")


def test_a_published_notebook_stays_as_it_was(press: Press) -> None:
    made = press.publish()
    (press.folder / "heat.ipynb").write_text("changed")
    assert (made.title, made.version, made.by) == ("heat", 1, "bob")
    assert press.publications.source(press.publications.find(made.id, BOB)).decode() == NOTEBOOK
    assert press.desk.projects.history("ocean-heat")[0].kind == "published"


def test_members_read_older_versions_and_others_the_newest(press: Press) -> None:
    press.publish()
    (press.folder / "heat.ipynb").write_text(NOTEBOOK + " ")
    number = press.publish(Wanted("heat.ipynb", audience="signed-in")).id
    mine, theirs = (press.publications.find(number, who) for who in (BOB, EVE))
    assert [one.number for one in press.publications.versions(mine)] == [2, 1]
    assert press.publications.source(mine, 1).decode() == NOTEBOOK
    assert [one.number for one in press.publications.versions(theirs)] == [2]
    for shown, version in ((theirs, 1), (mine, 3), (mine, 0)):
        with pytest.raises(NotFound):
            press.publications.page(shown, version)


def test_for_whom_it_is_changes_without_a_new_version(press: Press) -> None:
    number = press.publish().id
    assert not press.reads(number, EVE)
    made = press.publications.change("ocean-heat", number, Changes(audience="signed-in"), BOB)
    assert (made.audience, made.version, made.title) == ("signed-in", 1, "heat")
    assert press.reads(number, EVE)
    press.publications.change("ocean-heat", number, Changes(audience="members"), BOB)
    assert not press.reads(number, EVE)
    assert press.desk.projects.history("ocean-heat")[0].kind == "republished"


@pytest.mark.parametrize(
    ("number", "changes", "who", "error"),
    [
        pytest.param(None, Changes(audience="public"), BOB, NotAllowed, id="public where nothing is"),
        pytest.param(None, Changes(title="x" * 121), BOB, InvalidInput, id="a title that is too long"),
        pytest.param(None, Changes(listed=True), Actor("cleo"), NotAllowed, id="a viewer"),
        pytest.param(None, Changes(listed=True), EVE, GaiaError, id="a stranger"),
        pytest.param(10**6, Changes(listed=True), BOB, NotFound, id="no such publication"),
    ],
)
def test_what_may_not_be_changed_stays(
    desk: Desk, tmp_path: Path, number: int | None, changes: Changes, who: Actor, error: type[GaiaError]
) -> None:
    desk.project(bob="editor", cleo="viewer")
    press = Press(desk, tmp_path / "projects", public=False)
    made = press.publish()
    with pytest.raises(error):
        press.publications.change("ocean-heat", number or made.id, changes, who)
    assert press.publications.of("ocean-heat", BOB) == [made]


def test_publishing_it_again_is_a_new_version_and_old_content_goes(press: Press) -> None:
    numbers = {press.publish().id for _ in range(MOST_VERSIONS + 2)}
    assert len(numbers) == 1
    assert press.publications.of("ocean-heat", BOB)[0].version == MOST_VERSIONS + 2


@pytest.mark.parametrize(
    ("audience", "readers"),
    [("members", (True, True, False, False)), ("signed-in", (True, True, True, False)), ("public", (True,) * 4)],
)
def test_its_audience_reads_it_and_nobody_else(press: Press, audience: str, readers: tuple[bool, ...]) -> None:
    made = press.publish(Wanted("heat.ipynb", audience=audience))  # type: ignore[arg-type]
    assert tuple(press.reads(made.id, who) for who in (ADA, Actor("cleo"), EVE, None)) == readers


def test_the_operator_takes_back_what_was_public(press: Press, desk: Desk) -> None:
    made = press.publish(Wanted("heat.ipynb", audience="public"))
    closed = Publications(desk.projects, Folders(press.folder.parent))
    with pytest.raises(NotFound):
        closed.find(made.id, None)
    assert closed.find(made.id, EVE)
    with pytest.raises(NotAllowed, match="nothing is published to everybody"):
        closed.publish("ocean-heat", Wanted("heat.ipynb", audience="public"), BOB)


def test_who_is_taken_out_reads_it_no_longer(press: Press) -> None:
    made = press.publish()
    press.desk.people.remove("ocean-heat", "bob", ADA)
    assert not press.reads(made.id, BOB)


def test_what_is_withdrawn_is_gone_with_its_content(press: Press) -> None:
    made = press.publish(Wanted("heat.ipynb", audience="public", listed=True))
    shown = press.publications.find(made.id, None)
    press.publications.withdraw("ocean-heat", made.id, BOB)
    assert not press.reads(made.id, ADA)
    assert press.publications.listed(ADA) == press.publications.of("ocean-heat", ADA) == []
    with pytest.raises(NotFound):
        press.publications.source(shown)
    assert press.publish().id != made.id


def test_only_what_is_listed_stands_in_the_list_of_those_who_may_read_it(press: Press) -> None:
    press.publish(Wanted("heat.ipynb", audience="signed-in"))
    assert press.publications.listed(EVE) == []
    press.publish(Wanted("heat.ipynb", audience="signed-in", listed=True))
    assert [one.publication.path for one in press.publications.listed(EVE)] == ["heat.ipynb"]
    assert press.publications.listed(None) == []


@pytest.mark.parametrize(("who", "error"), [("cleo", NotAllowed), ("eve", NotFound)])
def test_only_editors_publish_and_withdraw(press: Press, who: str, error: type[GaiaError]) -> None:
    with pytest.raises(error):
        press.publish(by=Actor(who))
    number = press.publish().id
    with pytest.raises(NotAllowed):
        press.publications.withdraw("ocean-heat", number, Actor(who))


def test_an_editor_withdraws_nothing_of_another_project(press: Press) -> None:
    number = press.publish().id
    press.desk.project("other", eve="editor")
    with pytest.raises(NotFound):
        press.publications.withdraw("other", number, EVE)


def test_in_a_project_that_is_over_nothing_is_published_but_its_manager_withdraws(press: Press) -> None:
    number = press.publish().id
    press.desk.projects.set_state("ocean-heat", "read-only", "service")
    with pytest.raises(NotAllowed, match="is read-only"):
        press.publish()
    press.publications.withdraw("ocean-heat", number, ADA)


def link(folder: Path, outside: Path) -> None:
    (folder / "bad.ipynb").symlink_to(outside)


def hard_link(folder: Path, outside: Path) -> None:
    os.link(outside, folder / "bad.ipynb")


def pipe(folder: Path, outside: Path) -> None:
    os.mkfifo(folder / "bad.ipynb")


def directory(folder: Path, outside: Path) -> None:
    (folder / "bad.ipynb").mkdir()


@pytest.mark.parametrize("make", [link, hard_link, pipe, directory])
def test_what_is_no_file_of_the_project_alone_is_not_published(
    press: Press, tmp_path: Path, make: Callable[[Path, Path], None]
) -> None:
    outside = tmp_path / "private.ipynb"
    outside.write_text(NOTEBOOK)
    make(press.folder, outside)
    with pytest.raises(NotFound, match=r"bad\.ipynb"):
        press.publish(Wanted("bad.ipynb"))


@pytest.mark.parametrize(
    "path",
    [
        "../other/a.ipynb",
        "/etc/a.ipynb",
        "a/../../b.ipynb",
        ".hidden/a.ipynb",
        "gone.ipynb",
        "x\0.ipynb",
        "notes.txt",
        "",
        "up/a.ipynb",
    ],
)
def test_a_path_that_leads_elsewhere_or_nowhere_is_refused(press: Press, tmp_path: Path, path: str) -> None:
    (tmp_path / "a.ipynb").write_text(NOTEBOOK)
    (press.folder / "up").symlink_to(tmp_path)
    with pytest.raises((InvalidInput, NotFound)):
        press.publish(Wanted(path))


def test_a_notebook_that_is_too_large_is_refused_with_the_limit(press: Press, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gaia_vre.projects.rendering.MOST_BYTES", 10)
    with pytest.raises(InvalidInput, match="at most 10"):
        press.publish()


def test_a_title_that_turns_the_writing_is_refused(press: Press) -> None:
    with pytest.raises(InvalidInput, match="cannot be shown"):
        press.publish(Wanted("heat.ipynb", title="a\u202eb"))


def test_a_project_publishes_so_many_and_no_more(press: Press) -> None:
    for number in range(MOST):
        (press.folder / f"{number}.ipynb").write_text(NOTEBOOK)
        press.publish(Wanted(f"{number}.ipynb"))
    with pytest.raises(Conflict, match="which is the most"):
        press.publish()
