"""What every harvester promises, and the values that pass between it and the run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, field_validator

from gaia_vre.core.errors import GaiaError

if TYPE_CHECKING:
    from collections.abc import Iterator

Kind = Literal["stac-api", "geodes", "stac-static", "folder", "csw", "eml", "stationxml", "cmip6", "eodag"]


class SourceFault(GaiaError):
    """The source does not answer, or with something that cannot be read; a later run may work."""

    code = "unavailable"
    status = 503


class NotAnswering(SourceFault):
    """The source is not reached or busy: worth another attempt, after `wait` seconds where it says so."""

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


class Unreadable(SourceFault):
    """An answer came, but it is not what was asked for."""


class NotFollowed(GaiaError):
    """An address that this source may not send us to."""

    code = "not-allowed"
    status = 403


class OverBound(GaiaError):
    """A bound of pages, bytes or time is reached."""

    code = "too-large"
    status = 413


class Limits(BaseModel):
    """Bounds of one run and of one request."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    pages: int = Field(default=2_000, ge=1, description="Most pages of one run; the next run goes on from there.")
    page_bytes: int = Field(default=32_000_000, ge=1_000, description="Largest answer taken.")
    total_bytes: int = Field(default=2_000_000_000, ge=1_000, description="Most bytes taken in one run.")
    record_bytes: int = Field(default=2_000_000, ge=1_000, description="Largest single description taken.")
    seconds: float = Field(default=3_600, gt=0, description="Longest run; the next run goes on from there.")
    request_seconds: float = Field(default=60, gt=0, description="Longest wait for one whole answer.")
    attempts: int = Field(default=4, ge=1, le=20, description="How often one request is tried.")
    first_wait_seconds: float = Field(default=0.5, ge=0, description="Wait before the second attempt; it doubles.")
    faults_in_row: int = Field(default=5, ge=1, description="Unanswered single records after which the run stops.")


class Source(BaseModel):
    """One catalog to harvest, as configured."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,40}$", description="Key of the source and name of its folder.")
    kind: Kind = Field(description="Which harvester reads it.")
    url: str = Field(max_length=2_000, description="Address of the catalog, or path of a folder.")
    title: str = Field(default="", description="What people call it.")
    pole: str | None = Field(default=None, description="Pole to which all its datasets belong, when that is certain.")
    collections: tuple[str, ...] = Field(
        default=(), description="Only these collections (networks, identifiers of records, DOIs); empty: all."
    )
    providers: tuple[str, ...] = Field(default=(), description="Only of these providers (kind eodag); empty: all.")
    items: bool = Field(default=False, description="Harvest the items too, not only the collections.")
    page_size: int = Field(default=100, ge=1, le=10_000, description="Records asked for in one page.")
    hosts: tuple[str, ...] = Field(default=(), description="Further hosts (host or host:port) that may be asked.")
    distrusted: tuple[str, ...] = Field(
        default=(), description="Fields known to be wrong at this source, kept as unknown: license, extent.spatial."
    )
    key_variable: str | None = Field(default=None, description="Environment variable that holds the API key.")
    limits: Limits = Field(default=Limits(), description="Bounds of a run.")

    @property
    def remote(self) -> bool:
        """Whether it is asked over HTTP, and not read from a folder."""
        return self.url.startswith(("http://", "https://"))

    @field_validator("distrusted")
    @classmethod
    def _fields_exist(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        unknown = set(names) - {"license", "extent.spatial", "extent.temporal"}
        if unknown:
            raise ValueError(f"only license, extent.spatial and extent.temporal can be distrusted, not {unknown}")
        return names


@dataclass(frozen=True)
class Refusal:
    """One record that was not taken, and why."""

    record: str
    reason: str


@dataclass(frozen=True)
class Found:
    """One STAC collection or item as the source gives it: not yet checked."""

    stac: Any
    base: str
    """Address against which its relative links are meant."""


@dataclass(frozen=True)
class Page:
    """Some records, and where the next page begins; no cursor means that this was the last."""

    found: tuple[Found, ...] = ()
    refused: tuple[Refusal, ...] = ()
    cursor: str | None = None
    total: int | None = None
    """How many records the source says that it has."""


class Harvester(Protocol):
    """Reads one source page by page.

    `pages(None)` begins; `pages(cursor)` goes on exactly where the page that carried this
    cursor ended, in another process too. A record that cannot be read is a refusal; a page
    that cannot be read raises a `GaiaError`. A harvester writes nothing.
    """

    def pages(self, cursor: str | None) -> Iterator[Page]: ...


@dataclass
class Report:
    """What one run did."""

    source: str
    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: int = 0
    gone: list[str] = field(default_factory=list)
    """Known from an earlier run, no longer named by the source; kept until somebody removes them."""
    refused: list[Refusal] = field(default_factory=list)
    pages: int = 0
    resumed: bool = False
    stopped: str | None = None
    """Why the run ended early; the next goes on from there."""

    @property
    def complete(self) -> bool:
        return self.stopped is None


@dataclass(frozen=True)
class Kept:
    """An answer of an earlier run and how to ask whether it still holds."""

    etag: str | None
    modified: str | None
    body: bytes


class Memory(Protocol):
    """Keeps answers between runs."""

    def answer(self, key: str) -> Kept | None: ...
    def keep(self, key: str, kept: Kept) -> None: ...
