"""What this session opened, so that its notebook can be cited."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gaia_vre.catalog import telling

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gaia_vre.catalog.citing import Citation
    from gaia_vre.catalog.model import Dataset

USES = 50
"""Most different uses of one dataset that are kept; a loop over years would fill pages."""

_opened: dict[str, tuple[Dataset, dict[tuple[str, str], None]]] = {}


def remember(dataset: Dataset, selection: Mapping[str, Any], now: datetime | None = None) -> None:
    """Keep that this dataset was opened, on which day and what of it."""
    day = (now or datetime.now(UTC)).date().isoformat()
    telling.opened(dataset.id)
    _, uses = _opened.setdefault(dataset.id, (dataset, {}))
    if len(uses) < USES:
        uses[day, spoken(selection)] = None


def opened() -> Citation:
    """Return how to cite everything that this session opened, first opened first."""
    from gaia_vre.catalog.citing import Citation, Use

    return Citation(tuple((dataset, tuple(Use(*use) for use in uses)) for dataset, uses in _opened.values()))


def forget() -> None:
    """Forget what was opened, as in a fresh session."""
    _opened.clear()


def spoken(selection: Mapping[str, Any]) -> str:
    """Return a selection in short words: "time 2008 to 2009, bbox -30, -2, 20, 2"."""
    return ", ".join(f"{name} {_value(value)}" for name, value in selection.items())[:300]


def _value(value: Any) -> str:
    if isinstance(value, slice):
        start, stop = ("…" if one is None else str(one) for one in (value.start, value.stop))
        return f"{start} to {stop}"
    if isinstance(value, list | tuple | set):
        return ", ".join(str(one) for one in value)
    return str(value)
