"""Who may read: every kind of right, and what must hold for all of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaia_vre.catalog.access import ANYONE, Reader, check_rights, decide, rights_of
from gaia_vre.catalog.model import Dataset, Rights, to_json
from gaia_vre.catalog.views import facts
from gaia_vre.core.errors import InvalidInput

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
LATER, EARLIER = "2027-01-01T00:00:00Z", "2026-01-01T00:00:00+01:00"
ADA = Reader("ada", frozenset({"ocean"}))
ROOT = Reader("root", admin=True)
SPOT = Rights(licence="spot", granted_by="DINAMIS")
OCEAN = Rights(groups=("ocean", "argo"), granted_by="Zoé")
EMBARGO = Rights(groups=("ocean",), until=LATER, granted_by="Zoé")

CASES = {
    "public files are for all": (None, ANYONE, (), True, "public", "open to everybody"),
    "a licence is to be accepted": (SPOT, ADA, (), False, "licence", "accepted the licence spot"),
    "an accepted licence opens": (SPOT, ADA, ("spot",), True, "licence", "have accepted"),
    "nobody has accepted without signing in": (SPOT, ANYONE, ("spot",), False, "licence", "signed in"),
    "a member reads": (OCEAN, ADA, (), True, "group", "belong to ocean,"),
    "others learn who grants": (OCEAN, Reader("bob"), (), False, "group", "for ocean, argo; Zoé grants"),
    "an administrator is not let in": (OCEAN, ROOT, (), False, "group", "Administrators add people to groups"),
    "a group may have to accept too": (Rights("spot", ("ocean",)), ADA, (), False, "licence", "licence spot"),
    "an embargo keeps others out": (EMBARGO, Reader("bob"), (), False, "embargo", f"for ocean until {LATER}"),
    "its groups read before": (EMBARGO, ADA, (), True, "embargo", f"before {LATER}"),
    "an embargo without groups is for nobody": (Rights(until=LATER), ADA, (), False, "embargo", "under embargo until"),
    "nothing is left of an embargo": (Rights(groups=("x",), until=EARLIER), ANYONE, (), True, "public", "everybody"),
    "a licence outlives the embargo": (Rights("spot", ("x",), EARLIER), ADA, (), False, "licence", "licence spot"),
    "without a known owner it says so": (Rights(groups=("x",)), ADA, (), False, "group", "owner of the dataset grants"),
}


@pytest.mark.parametrize(("rights", "reader", "accepted", "allowed", "reason", "said"), CASES.values(), ids=CASES)
def test_the_decision(rights, reader, accepted, allowed, reason, said) -> None:
    found = decide(rights, reader, frozenset(accepted), NOON)
    assert (found.allowed, found.reason) == (allowed, reason)
    assert said in found.message
    assert found.who == (rights and (rights.granted_by if found.reason != "public" else None))


NAMES = st.sampled_from(["a", "b", "c"])
GROUPS = st.frozensets(NAMES)
ENDS = st.none() | st.integers(-1000, 1000).map(lambda hours: (NOON + timedelta(hours=hours)).isoformat())
RIGHTS = st.builds(Rights, st.none() | NAMES, GROUPS.map(lambda names: tuple(sorted(names))), ENDS, st.none() | NAMES)
READERS = st.builds(Reader, st.sampled_from(["", "ada"]), GROUPS, st.booleans())


def allowed(rights: Rights | None, reader: Reader, accepted: frozenset[str], now: datetime = NOON) -> bool:
    return decide(rights, reader, accepted, now).allowed


@given(RIGHTS, READERS, GROUPS, GROUPS, GROUPS)
def test_more_groups_and_acceptances_never_take_access_away(rights, reader, accepted, groups, more) -> None:
    richer = Reader(reader.name, reader.groups | groups, reader.admin)
    assert allowed(rights, richer, accepted | more) >= allowed(rights, reader, accepted)


@given(RIGHTS, READERS, GROUPS, NAMES)
def test_a_further_group_of_a_restricted_dataset_never_takes_access_away(rights, reader, accepted, name) -> None:
    wider = Rights(rights.licence, (*rights.groups, name), rights.until, rights.granted_by)
    if rights.groups or rights.until:
        assert allowed(wider, reader, accepted) >= allowed(rights, reader, accepted)


@given(RIGHTS, READERS, GROUPS)
def test_after_the_embargo_nothing_of_it_is_left(rights, reader, accepted) -> None:
    after = NOON + timedelta(hours=2000)
    if rights.until:
        plain = Rights(rights.licence, (), None, rights.granted_by)
        assert decide(rights, reader, accepted, after) == decide(plain, reader, accepted, after)


@given(RIGHTS, READERS, GROUPS)
def test_an_administrator_reads_what_anybody_with_the_same_groups_reads(rights, reader, accepted) -> None:
    one, other = (Reader(reader.name, reader.groups, admin) for admin in (True, False))
    assert allowed(rights, one, accepted) == allowed(rights, other, accepted)


@given(RIGHTS, READERS, GROUPS)
def test_every_message_is_whole(rights, reader, accepted) -> None:
    assert "{" not in decide(rights, reader, accepted, NOON).message


def test_rights_stand_in_a_collection() -> None:
    assert rights_of({"id": "x"}) is None
    assert rights_of({"id": "x", "gaia:rights": to_json(EMBARGO)}) == EMBARGO


@pytest.mark.parametrize(
    "given_rights",
    [
        {"until": "tomorrow"},
        {"until": "2027-01-01"},
        {"until": 5},
        {},
        {"users": ["ada"]},
        "ocean",
        {"groups": [""]},
        {"groups": "ocean"},
        {"licence": 5},
    ],
    ids=["no instant", "no zone", "a number", "nothing", "other key", "a word", "no group", "no list", "no key"],
)
def test_rights_that_cannot_be_understood_open_nothing(given_rights) -> None:
    with pytest.raises(InvalidInput):
        rights_of({"id": "x", "gaia:rights": given_rights})


def test_checked_rights_come_back() -> None:
    assert check_rights(OCEAN) is OCEAN


@pytest.mark.parametrize(
    ("rights", "said"),
    [
        (OCEAN, "ocean, argo; Zoé grants access"),
        (SPOT, "everybody signed in; who accepted the licence spot; DINAMIS grants access"),
        (Rights(until=LATER), f"nobody until {LATER}, then everybody"),
    ],
    ids=["groups", "a licence", "an embargo"],
)
def test_a_notebook_shows_who_may_read(rights: Rights, said: str) -> None:
    assert ("Readers", said) in facts(Dataset("sst", "SST", "", rights=rights))
    assert "Readers" not in dict(facts(Dataset("sst", "SST", "")))
