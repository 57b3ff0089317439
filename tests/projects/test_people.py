"""Who is in a project, on SQLite and PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import pytest

from gaia_vre.core.errors import Conflict, GaiaError, InvalidInput, NotAllowed, NotFound
from gaia_vre.projects.model import Actor, Change
from tests.projects.conftest import ADA, BOB, EVE, Desk, new


def test_who_makes_a_project_owns_it(desk: Desk) -> None:
    made = desk.projects.create(new(), "ada")
    assert (made.slug, made.account, made.state) == ("ocean-heat", "project:ocean-heat", "active")
    assert desk.roles() == {"ada": "owner"}
    assert [one.project.slug for one in desk.projects.of(ADA)] == ["ocean-heat"]


def test_a_name_is_given_once(desk: Desk) -> None:
    desk.project()
    with pytest.raises(Conflict, match="is taken"):
        desk.projects.create(new(), "bob")
    assert desk.roles() == {"ada": "owner"}


def test_a_private_project_is_not_there_for_others(desk: Desk) -> None:
    desk.project()
    desk.project("sea-ice", "listed")
    with pytest.raises(NotFound, match="There is no project 'ocean-heat'"):
        desk.projects.seen_by("ocean-heat", EVE)
    assert desk.projects.seen_by("sea-ice", EVE).role is None
    assert [one.slug for one in desk.projects.listed()] == ["sea-ice"]


def test_managers_let_editors_in_and_never_raise_anybody_to_their_own_height(desk: Desk) -> None:
    desk.project(bob="manager")
    desk.people.put("ocean-heat", "eve", "editor", BOB)
    for role in ("manager", "owner"):
        with pytest.raises(NotAllowed):
            desk.people.put("ocean-heat", "eve", role, BOB)
    assert desk.roles() == {"ada": "owner", "bob": "manager", "eve": "editor"}


def test_editors_decide_about_nobody(desk: Desk) -> None:
    desk.project(bob="editor")
    for act in (
        lambda: desk.people.put("ocean-heat", "eve", "viewer", BOB),
        lambda: desk.people.remove("ocean-heat", "ada", BOB),
        lambda: desk.people.put_group("ocean-heat", "students", "viewer", BOB),
        lambda: desk.projects.change("ocean-heat", BOB, Change(title="Mine")),
    ):
        with pytest.raises(NotAllowed):
            act()
    assert desk.roles() == {"ada": "owner", "bob": "editor"}


def test_the_last_owner_cannot_leave_be_removed_or_step_down(desk: Desk) -> None:
    desk.project(bob="editor")
    for act in (
        lambda: desk.people.remove("ocean-heat", "ada", ADA),
        lambda: desk.people.put("ocean-heat", "ada", "editor", ADA),
    ):
        with pytest.raises(Conflict, match="last owner"):
            act()
    desk.people.put("ocean-heat", "bob", "owner", ADA)
    desk.people.remove("ocean-heat", "ada", ADA)
    assert desk.roles() == {"bob": "owner"}


def test_of_two_owners_who_leave_at_once_one_stays(desk: Desk) -> None:
    desk.project(bob="owner")

    def leave(who: Actor) -> None:
        with suppress(GaiaError):
            desk.people.remove("ocean-heat", who.name, who)

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(leave, [ADA, BOB]))
    assert list(desk.roles().values()) == ["owner"]


def test_a_guests_stay_ends_by_itself(desk: Desk) -> None:
    desk.project()
    desk.people.put("ocean-heat", "eve", "editor", ADA, desk.now + timedelta(days=3))
    desk.later(days=2)
    assert desk.people.end_stays() == []
    desk.later(days=2)
    assert desk.roles() == {"ada": "owner"}
    assert desk.projects.of(EVE) == []
    assert desk.people.end_stays() == [("ocean-heat", "eve")]
    assert desk.projects.history("ocean-heat")[0].kind == "stay-over"


def test_a_group_of_the_identity_provider_has_a_role_as_long_as_one_is_in_it(desk: Desk) -> None:
    desk.project()
    desk.people.put_group("ocean-heat", "lops", "editor", ADA)
    assert desk.projects.seen_by("ocean-heat", Actor("eve", frozenset({"lops"}))).role == "editor"
    with pytest.raises(NotFound):
        desk.projects.seen_by("ocean-heat", EVE)
    with pytest.raises(InvalidInput, match="editor or viewer"):
        desk.people.put_group("ocean-heat", "lops", "owner", ADA)
    desk.people.put_group("ocean-heat", "lops", None, ADA)
    assert desk.people.groups("ocean-heat") == {}


def test_the_higher_of_ones_own_role_and_that_of_ones_groups_counts(desk: Desk) -> None:
    desk.project(bob="manager")
    desk.people.put_group("ocean-heat", "lops", "viewer", ADA)
    assert [one.role for one in desk.projects.of(Actor("bob", frozenset({"lops"})))] == ["manager"]


def test_the_end_is_the_owners_to_move(desk: Desk) -> None:
    desk.project(bob="manager")
    later = desk.now + timedelta(days=400)
    with pytest.raises(NotAllowed, match="for owners"):
        desk.projects.change("ocean-heat", BOB, Change(ends=later))
    assert desk.projects.change("ocean-heat", ADA, Change(ends=later)).ends == later


def test_everything_that_was_done_is_told_to_the_members(desk: Desk) -> None:
    desk.project(bob="editor")
    desk.people.put("ocean-heat", "bob", "viewer", ADA)
    desk.people.remove("ocean-heat", "bob", BOB)
    desk.projects.looked("ocean-heat", "root")
    told = [(one.kind, one.by) for one in desk.projects.history("ocean-heat")]
    assert told == [("looked", "root"), ("left", "bob"), ("role", "ada"), ("joined", "ada"), ("created", "ada")]
