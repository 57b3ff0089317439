from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from gaia_vre.sandboxes.model import Sandbox, Source
from gaia_vre.sandboxes.rules import Patience, Seen, end_of

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SANDBOX = Sandbox(
    "0123abcd", "ada", "A try", Source(), "running", NOW - timedelta(minutes=30), NOW + timedelta(minutes=90)
)
PATIENCE = Patience(idle=timedelta(hours=1), start=timedelta(minutes=2), word=timedelta(seconds=15))


def test_a_server_that_is_gone_may_still_be_told_of() -> None:
    """The hub tells why a pod ended when all of it has, a moment after the server is gone."""
    gone = Seen(active=False)
    assert end_of(SANDBOX, gone, NOW, PATIENCE) is None
    assert end_of(SANDBOX, replace(gone, ended="disk", absent=timedelta(seconds=5)), NOW, PATIENCE) == "disk"
    assert end_of(SANDBOX, replace(gone, absent=timedelta(seconds=15)), NOW, PATIENCE) == "asked"


def test_a_server_that_is_still_starting_is_waited_for() -> None:
    young = replace(SANDBOX, created=NOW - timedelta(minutes=1))
    assert end_of(young, Seen(active=False, absent=timedelta(minutes=1)), NOW, PATIENCE) is None


def test_the_deadline_comes_before_everything() -> None:
    late = replace(SANDBOX, deadline=NOW)
    assert end_of(late, Seen(active=True, last_activity=NOW, ended="memory"), NOW, PATIENCE) == "deadline"
