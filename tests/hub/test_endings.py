from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from gaia_vre.hub.endings import describe

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
IDLE = timedelta(hours=1)


def spawner(silent: timedelta, end_reason: str | None = None) -> SimpleNamespace:
    times = SimpleNamespace(started=datetime(2026, 6, 1, 8), last_activity=(NOW - silent).replace(tzinfo=None))  # noqa: DTZ001
    return SimpleNamespace(orm_spawner=times, user=SimpleNamespace(name="ada"), name="", end_reason=end_reason)


@pytest.mark.parametrize(
    ("silent", "end_reason", "reason"),
    [
        pytest.param(timedelta(minutes=5), None, "asked", id="stopped while in use"),
        pytest.param(timedelta(hours=2), None, "idle", id="stopped after a long silence"),
        pytest.param(timedelta(hours=2), "memory", "memory", id="killed for want of memory"),
        pytest.param(timedelta(minutes=5), "crashed", "crashed", id="ended by itself"),
    ],
)
def test_the_reason_is_what_is_known(silent: timedelta, end_reason: str | None, reason: str) -> None:
    report = describe(spawner(silent, end_reason), NOW, IDLE)
    assert report["reason"] == reason
    assert report["started"] == "2026-06-01T08:00:00+00:00"
