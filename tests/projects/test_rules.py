"""What a project can be, and who may do what in it."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from gaia_vre.core.errors import Conflict, InvalidInput, NotAllowed
from gaia_vre.projects import rules
from gaia_vre.projects.model import ROLES, Act, Member, Project, Role, State
from tests.projects.conftest import NOON, new


def project(state: State = "active", visibility: str = "private") -> Project:
    wanted = new(visibility=visibility)  # type: ignore[arg-type]
    values = {name: getattr(wanted, name) for name in wanted.__dataclass_fields__}
    return Project(id=1, state=state, created=NOON, created_by="ada", **values)


@pytest.mark.parametrize(
    "slug",
    ["", "ab", "Ocean", "9lives", "a--b", "-ab", "ab-", "a_b", "a/b", "..", "été", "a" * 29, "new", "join", "ab\n"],
)
def test_a_name_that_is_none_is_refused(slug: str) -> None:
    with pytest.raises(InvalidInput):
        rules.check_slug(slug)


@pytest.mark.parametrize("slug", ["abc", "ocean-heat", "a1-b2-c3", "a" * 28])
def test_a_plain_name_is_taken(slug: str) -> None:
    assert rules.check_slug(slug) == slug


@pytest.mark.parametrize(("title", "slug"), [("Chaleur océanique", "chaleur-oceanique"), ("A/B  test!", "a-b-test")])
def test_a_title_suggests_a_name(title: str, slug: str) -> None:
    assert rules.slug_of(title) == slug


@pytest.mark.parametrize(
    ("least", "act"),
    [("viewer", "read"), ("editor", "write"), ("editor", "spend"), ("manager", "people"), ("owner", "owners")],
)
def test_an_act_is_for_a_role_and_those_above(least: Role, act: Act) -> None:
    allowed = [role for role in ROLES if rules.may(role, act, project())]
    assert allowed == list(ROLES[ROLES.index(least) :])


def test_nobody_writes_or_spends_in_a_project_that_is_read_only() -> None:
    for act in ("write", "spend"):
        with pytest.raises(NotAllowed, match="ocean-heat is read-only"):
            rules.check_may("owner", act, project("read-only"))
    assert rules.may("viewer", "read", project("read-only"))


def test_strangers_read_what_is_open_and_ask_to_join_what_is_listed() -> None:
    assert rules.may(None, "read", project(visibility="open"))
    assert not rules.may(None, "read", project(visibility="listed"))
    assert [rules.may(None, "ask", project(visibility=one)) for one in ("private", "listed", "open")] == [0, 1, 1]
    assert not rules.may("viewer", "ask", project(visibility="listed"))


@pytest.mark.parametrize(("has", "role"), [(None, "manager"), ("manager", "viewer"), ("owner", None), (None, "owner")])
def test_managers_do_not_decide_about_managers_and_owners(has: Role | None, role: Role | None) -> None:
    with pytest.raises(NotAllowed, match="Only an owner decides"):
        rules.check_given("manager", has, role)
    rules.check_given("owner", has, role)


def test_a_guest_has_an_end_and_no_high_role() -> None:
    with pytest.raises(InvalidInput, match="is past"):
        rules.check_member("viewer", NOON, NOON)
    with pytest.raises(InvalidInput, match="not manager"):
        rules.check_member("manager", NOON + timedelta(days=1), NOON)


def test_the_last_owner_stays() -> None:
    owners = [Member("ada", "owner", NOON, "ada"), Member("bob", "editor", NOON, "ada")]
    with pytest.raises(Conflict, match="ada is the last owner"):
        rules.check_owner_stays(owners, "ada", None, NOON)
    rules.check_owner_stays([*owners, Member("eve", "owner", NOON, "ada")], "ada", None, NOON)


@pytest.mark.parametrize(
    ("days", "state"), [(0, "active"), (352, "ending"), (365, "read-only"), (394, "read-only"), (395, "archived")]
)
def test_its_dates_put_a_project_in_a_state(days: int, state: str) -> None:
    assert rules.state_at(project(), NOON + timedelta(days=days), timedelta(days=30)) == state


@pytest.mark.parametrize(
    "changed",
    [
        {"title": " "},
        {"title": "x" * 121},
        {"title": "\u202eevil"},
        {"title": "a\x00b"},
        {"description": "x" * 4001},
        {"ends": NOON},
        {"ends": NOON + timedelta(days=4000)},
    ],
)
def test_what_no_project_can_be_is_refused(changed: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        rules.check_new(new(**changed))


@pytest.mark.parametrize(
    ("moment", "end"),
    [
        pytest.param("2026-11-24T12:00:00+00:00", "2026-11-24T23:00:00+00:00", id="a day's middle"),
        pytest.param("2026-11-24T23:00:00+00:00", "2026-11-24T23:00:00+00:00", id="its end"),
        pytest.param("2026-11-24T00:00:00+00:00", "2026-11-24T23:00:00+00:00", id="midnight elsewhere"),
        pytest.param("2026-10-25T12:00:00+00:00", "2026-10-25T23:00:00+00:00", id="the day of 25 hours"),
    ],
)
def test_a_project_ends_with_a_day_of_its_people(moment: str, end: str) -> None:
    found = rules.end_of_day(datetime.fromisoformat(moment), ZoneInfo("Europe/Paris"))
    assert found == datetime.fromisoformat(end)
