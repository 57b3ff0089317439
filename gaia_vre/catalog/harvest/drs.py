"""The CMIP6 data reference syntax: what the place and the name of a file say of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gaia_vre.catalog.harvest.describing import instant

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import PurePosixPath

FACETS = (
    "activity_id",
    "institution_id",
    "source_id",
    "experiment_id",
    "member_id",
    "table_id",
    "variable_id",
    "grid_label",
)
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]*")
_VERSION = re.compile(r"v?(\d+)")
_NAME = re.compile(
    r"(?P<variable_id>[^_]+)_(?P<table_id>[^_]+)_(?P<source_id>[^_]+)_(?P<experiment_id>[^_]+)"
    r"_(?P<member_id>[^_]+)_(?P<grid_label>[^_]+?)(?:_(?P<time_range>\d{4,14}(?:-\d{4,14}(?:-clim)?)?))?\.nc"
)


@dataclass(frozen=True)
class Instance:
    """One dataset of CMIP6: a variable of a run, in one version."""

    facets: tuple[tuple[str, str], ...]
    version: str | None

    @property
    def id(self) -> str:
        return ".".join(["CMIP6", *(value for _, value in self.facets), *([self.version] if self.version else [])])

    @property
    def collection(self) -> str:
        """The id under which CMIP6 is cited: a model's contribution to an experiment."""
        return ".".join(["CMIP6", *(value for _, value in self.facets[:4])])

    @property
    def said(self) -> dict[str, str]:
        return dict(self.facets)


def instance_of(said: Mapping[str, Any]) -> Instance:
    """Return the dataset that facets by their name mean.

    Raises
    ------
    ValueError
        A facet is missing, or no word of the syntax.
    """
    facets = tuple((name, str(said.get(name) or "").strip()) for name in FACETS)
    for name, value in facets:
        if not _PLAIN.fullmatch(value) or len(value) > 80:
            raise ValueError(f"{name}: a word of the DRS expected, {value[:60]!r} found")
    version = _VERSION.fullmatch(str(said.get("version") or "").strip())
    return Instance(facets, f"v{version[1]}" if version else None)


def facets_of_path(path: PurePosixPath) -> dict[str, str]:
    """Return what a file's place in a DRS tree and its name say; each part only as far as it is one.

    Raises
    ------
    ValueError
        The name is no DRS name, or says something else than the place.
    """
    match = _NAME.fullmatch(path.name)
    if not match:
        raise ValueError("the file name is not variable_table_model_experiment_member_grid[_period].nc")
    named = {key: value for key, value in match.groupdict().items() if value}
    parts = path.parent.parts
    if len(parts) >= 9 and _VERSION.fullmatch(parts[-1]) and (len(parts) == 9 or parts[-10] == "CMIP6"):
        placed = dict(zip(FACETS, parts[-9:-1], strict=True)) | {"version": parts[-1]}
        wrong = [key for key, value in named.items() if placed.get(key, value) != value]
        if wrong:
            raise ValueError(f"{wrong[0]}: {placed[wrong[0]]!r} by its folder, {named[wrong[0]]!r} by its name")
        return named | placed
    return named


def period_of(time_range: str | None) -> tuple[str | None, str | None]:
    """Return first and last instant of `185001-201412` and its like; what is none is unknown."""
    ends = (time_range or "").removesuffix("-clim").split("-")
    if not all(one.isascii() and one.isdigit() and len(one) >= 4 for one in ends):
        return None, None
    return _moment(ends[0], end=False), _moment(ends[-1], end=True)


def version_date(version: str | None) -> str | None:
    """Return the day of a version, which is its date."""
    digits = (version or "").removeprefix("v")
    return instant(f"{digits[:4]}-{digits[4:6]}-{digits[6:]}") if len(digits) == 8 else None


def _moment(digits: str, *, end: bool) -> str | None:
    if digits.startswith("0000"):
        return None
    day = "-".join(part for part in (digits[:4], digits[4:6], digits[6:8]) if part)
    if len(digits) <= 8:
        # Models know 30 February; the last second of the month is near enough.
        return instant(day, end=end) or instant(day[:7], end=end)
    clock = ":".join((digits[8:10].ljust(2, "0"), digits[10:12].ljust(2, "0"), digits[12:14].ljust(2, "0")))
    return instant(f"{day}T{clock}Z")
