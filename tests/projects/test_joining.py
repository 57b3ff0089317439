"""Coming in by a link or by asking, on SQLite and PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from gaia_vre.core.errors import Conflict, GaiaError, InvalidInput, NotAllowed, NotFound
from gaia_vre.database.projects import InvitationRow
from gaia_vre.projects.joining import MOST_ASKED, Terms
from tests.projects.conftest import ADA, BOB, EVE, Desk


def test_a_link_lets_one_in_with_its_role(desk: Desk) -> None:
    desk.project()
    secret = desk.link()
    assert desk.joinings.look(secret)[0].slug == "ocean-heat"
    assert desk.joinings.accept(secret, "bob").slug == "ocean-heat"
    assert desk.roles() == {"ada": "owner", "bob": "editor"}


def test_a_link_is_used_as_often_as_it_says(desk: Desk) -> None:
    desk.project()
    secret = desk.link()
    desk.joinings.accept(secret, "bob")
    with pytest.raises(NotFound, match="does not hold"):
        desk.joinings.accept(secret, "eve")
    assert desk.joinings.links("ocean-heat") == []


def test_of_many_who_take_the_last_use_at_once_one_comes_in(desk: Desk) -> None:
    desk.project()
    secret = desk.link()

    def accept(number: int) -> bool:
        try:
            return bool(desk.joinings.accept(secret, f"user{number}"))
        except GaiaError:
            return False

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(accept, range(8))) == 1
    assert len(desk.roles()) == 2


def test_only_the_digest_of_a_links_secret_is_kept(desk: Desk) -> None:
    desk.project()
    secret = desk.link()
    with desk.engine.connect() as connection:
        row = connection.execute(select(InvitationRow.__table__)).one()
    assert secret not in str(row)


@pytest.mark.parametrize("secret", ["", "guess", "x" * 10_000, "\ud800", "' or 1=1 --"])
def test_a_guessed_link_opens_nothing(desk: Desk, secret: str) -> None:
    desk.project()
    desk.link()
    with pytest.raises(NotFound):
        desk.joinings.accept(secret, "eve")


def test_a_link_that_was_revoked_or_is_over_opens_nothing(desk: Desk) -> None:
    desk.project()
    revoked, over = desk.link(), desk.link()
    desk.joinings.revoke("ocean-heat", desk.joinings.links("ocean-heat")[-1].id, ADA)
    with pytest.raises(NotFound):
        desk.joinings.accept(revoked, "eve")
    desk.later(days=8)
    with pytest.raises(NotFound):
        desk.joinings.accept(over, "eve")


def test_a_link_of_another_project_cannot_be_revoked(desk: Desk) -> None:
    desk.project()
    desk.link()
    desk.project("sea-ice", bob="manager")
    with pytest.raises(NotFound, match="no invitation"):
        desk.joinings.revoke("sea-ice", desk.joinings.links("ocean-heat")[0].id, BOB)


def test_a_link_never_lowers_a_role_and_then_costs_no_use(desk: Desk) -> None:
    desk.project(bob="manager")
    secret = desk.link(role="viewer")
    desk.joinings.accept(secret, "bob")
    desk.joinings.accept(secret, "eve")
    assert desk.roles() == {"ada": "owner", "bob": "manager", "eve": "viewer"}


def test_a_link_for_guests_says_when_they_leave(desk: Desk) -> None:
    desk.project()
    until = desk.now + timedelta(days=30)
    terms = Terms("viewer", desk.now + timedelta(days=1), guest_until=until)
    desk.joinings.accept(desk.joinings.invite("ocean-heat", terms, ADA)[1], "eve")
    assert desk.people.of("ocean-heat")[-1].until == until


@pytest.mark.parametrize(
    ("role", "days", "uses"),
    [("manager", 1, 1), ("owner", 1, 1), ("editor", 0, 1), ("editor", 91, 1), ("editor", 1, 0)],
)
def test_terms_out_of_bounds_are_refused(desk: Desk, role: str, days: int, uses: int) -> None:
    desk.project()
    with pytest.raises(InvalidInput):
        desk.joinings.invite("ocean-heat", Terms(role, desk.now + timedelta(days=days), uses), ADA)  # type: ignore[arg-type]


def test_who_may_not_invite_makes_no_link(desk: Desk) -> None:
    desk.project(bob="editor")
    for who in (BOB, EVE):
        with pytest.raises(NotAllowed):
            desk.joinings.invite("ocean-heat", Terms("viewer", desk.now + timedelta(days=1)), who)


def test_a_link_into_a_project_that_is_over_opens_nothing(desk: Desk) -> None:
    desk.project()
    secret = desk.link()
    desk.projects.set_state("ocean-heat", "read-only", "gaia_vre")
    with pytest.raises(NotFound):
        desk.joinings.accept(secret, "eve")


def test_who_asks_is_let_in_by_a_manager(desk: Desk) -> None:
    desk.project(visibility="listed", bob="manager")
    desk.joinings.ask("ocean-heat", EVE, "I work on heat content.")
    asked = desk.joinings.waiting("ocean-heat")
    assert [(one.username, one.text) for one in asked] == [("eve", "I work on heat content.")]
    desk.joinings.decide("ocean-heat", asked[0].id, "editor", BOB)
    assert desk.roles()["eve"] == "editor"
    assert desk.joinings.waiting("ocean-heat") == []


def test_a_request_is_decided_once_and_not_by_the_person_who_asks(desk: Desk) -> None:
    desk.project(visibility="listed")
    desk.joinings.ask("ocean-heat", EVE, "")
    number = desk.joinings.waiting("ocean-heat")[0].id
    with pytest.raises(NotAllowed):
        desk.joinings.decide("ocean-heat", number, "owner", EVE)
    desk.joinings.decide("ocean-heat", number, None, ADA)
    with pytest.raises(NotFound):
        desk.joinings.decide("ocean-heat", number, "viewer", ADA)
    assert desk.roles() == {"ada": "owner"}


def test_one_asks_once_and_not_everywhere(desk: Desk) -> None:
    for number in range(MOST_ASKED + 1):
        desk.project(f"project{number}", "listed")
    for number in range(MOST_ASKED):
        desk.joinings.ask(f"project{number}", EVE, "")
    for slug in ("project0", f"project{MOST_ASKED}"):
        with pytest.raises(Conflict, match="waits for an answer"):
            desk.joinings.ask(slug, EVE, "")


def test_a_private_project_cannot_be_asked(desk: Desk) -> None:
    desk.project()
    with pytest.raises(NotFound):
        desk.joinings.ask("ocean-heat", EVE, "")
