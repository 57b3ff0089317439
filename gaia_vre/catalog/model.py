"""Values of the catalog: datasets, their variables, dimensions and files."""

from __future__ import annotations

import dataclasses
import functools
from dataclasses import dataclass, field
from types import UnionType
from typing import TYPE_CHECKING, Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

if TYPE_CHECKING:
    from collections.abc import Hashable

POLES = {
    "odatis": "ODATIS",
    "theia": "Theia",
    "dinamis": "DINAMIS",
    "climeri": "CLIMERI-France",
    "aeris": "AERIS",
    "formaterre": "FormaTerre",
    "pndb": "PNDB",
}
"""Name of each pole by its key."""

Kind = Literal["grid", "image", "table", "traces", "stations"]
Axis = Literal["x", "y", "z", "time", "other"]
Box = tuple[float, float, float, float]
"""West, south, east, north in degrees; west is greater than east across the date line."""


@dataclass(frozen=True)
class Licence:
    """The terms as their owner words them, and the SPDX name where it is exactly known."""

    text: str
    spdx: str | None = None


@dataclass(frozen=True)
class Rights:
    """Who may read the files of a dataset; its description is for everybody."""

    licence: str | None = None
    """Key of the licence that each reader must have accepted."""
    groups: tuple[str, ...] = ()
    """Groups whose members may read; with an embargo, those who may read before its end."""
    until: str | None = None
    """End of an embargo (ISO 8601, with its zone); nothing of it, its groups included, is left afterwards."""
    granted_by: str | None = None
    """Whom to ask for the right."""


@dataclass(frozen=True)
class Provider:
    """Who made or hands out a dataset; roles are those of STAC."""

    name: str
    roles: tuple[str, ...] = ()
    url: str | None = None


@dataclass(frozen=True)
class Contact:
    """Whom to write to."""

    name: str
    emails: tuple[str, ...] = ()


@dataclass(frozen=True)
class Period:
    """First and last instant (ISO 8601, UTC); None is open or unknown."""

    start: str | None = None
    end: str | None = None

    @property
    def known(self) -> bool:
        return self.start is not None or self.end is not None


@dataclass(frozen=True)
class Variable:
    """One quantity: a variable of a grid, a band of an image, a column of a table."""

    name: str
    title: str | None = None
    standard_name: str | None = None
    unit: str | None = None
    dimensions: tuple[str, ...] = ()
    shape: tuple[int, ...] = ()


@dataclass(frozen=True)
class Dimension:
    """One axis of a grid or image with the smallest and largest value on it."""

    name: str
    axis: Axis
    size: int
    lowest: float | str | None = None
    highest: float | str | None = None
    unit: str | None = None


@dataclass(frozen=True)
class Copy:
    """The same file or store at another site: the site's name and the whole address there."""

    site: str
    href: str


@dataclass(frozen=True)
class Asset:
    """One file or store of a dataset; the path is relative to the folder of the prepared data, or an address."""

    key: str
    path: str
    media_type: str
    title: str
    bytes: int
    roles: tuple[str, ...] = ("data",)
    copies: tuple[Copy, ...] = ()


@dataclass(frozen=True)
class Picture:
    """A picture made from the data; the path is relative to the folder of the prepared data."""

    key: str
    path: str
    media_type: str
    bytes: int
    width: int
    height: int
    kind: str
    """What it shows: map, series, hovmoller, image, points, profile, traces, response."""
    variable: str
    unit: str | None = None
    lowest: float | None = None
    highest: float | None = None
    roles: tuple[str, ...] = ("overview",)
    along: str = ""
    """The axis along which `numbers` are told; without a name it is time, or the names of lines."""
    numbers: tuple[tuple[float | str, ...], ...] = ()
    """Rows of first, last, lowest, mean and highest: the picture as a table."""


@dataclass(frozen=True)
class Facts:
    """What the prepared files themselves say."""

    box: Box | None = None
    period: Period = Period()
    variables: tuple[Variable, ...] = ()
    dimensions: tuple[Dimension, ...] = ()
    projection: str | None = None
    rows: int | None = None
    assets: tuple[Asset, ...] = ()
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True)
class Dataset:
    """One dataset as the catalog knows it; None and empty mean unknown."""

    id: str
    title: str
    description: str
    pole: str | None = None
    keywords: tuple[str, ...] = ()
    kind: Kind | None = None
    licence: Licence | None = None
    providers: tuple[Provider, ...] = ()
    doi: str | None = None
    contact: Contact | None = None
    package: str | None = None
    """Where the sample was taken from."""
    access: str | None = None
    """How to get a dataset that has no copy here."""
    link: str | None = None
    rights: Rights | None = None
    """None: the files are public."""
    example: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    """Media types of the files of a dataset that has no copy here."""
    resolution: float | None = None
    """Metres between neighbouring values, as its owner says."""
    facts: Facts = field(default_factory=Facts)

    @property
    def opens_here(self) -> bool:
        return bool(self.facts.assets)

    @property
    def pole_name(self) -> str:
        return POLES.get(self.pole, self.pole) if self.pole else "unknown"

    @property
    def bytes(self) -> int:
        return sum(asset.bytes for asset in self.facts.assets)

    @property
    def citation(self) -> str:
        """Who, what, where from, under which terms; only what is known."""
        makers = [one.name for one in self.providers if "producer" in one.roles] or [one.name for one in self.providers]
        parts = [", ".join(makers), self.title, f"from {self.package}" if self.package else ""]
        parts += [f"https://doi.org/{self.doi}" if self.doi else "", self.licence.text if self.licence else ""]
        return ", ".join(part for part in parts if part) + "."


Value = TypeVar("Value")


def to_json(value: Any) -> Any:
    """Return a dataclass as JSON values, without what is unknown."""
    if dataclasses.is_dataclass(value):
        pairs = ((one.name, to_json(getattr(value, one.name))) for one in dataclasses.fields(value))
        return {name: inner for name, inner in pairs if inner not in (None, [], {})}
    return [to_json(inner) for inner in value] if isinstance(value, tuple | list) else value


def from_json(kind: type[Value], values: dict[str, Any]) -> Value:
    """Return the dataclass that `to_json` wrote; an unknown key is an error."""
    types = _types(cast("Hashable", kind))
    return kind(**{name: _convert(types[name], inner) for name, inner in values.items()})


@functools.cache
def _types(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def _convert(kind: Any, value: Any) -> Any:
    if get_origin(kind) in (Union, UnionType):
        inner = [one for one in get_args(kind) if one is not type(None)]
        return _convert(inner[0], value) if len(inner) == 1 else value
    if get_origin(kind) is tuple:
        return tuple(_convert(get_args(kind)[0], one) for one in value)
    return from_json(kind, value) if dataclasses.is_dataclass(kind) and isinstance(kind, type) else value
