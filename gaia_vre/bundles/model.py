"""What a bag says of its project, and what is told of a bag that was written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - pydantic reads it at run time
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

PAYLOAD = "data/files/"
"""Where the files of the project stand in a bag."""
CRATE = "data/ro-crate-metadata.json"
PROJECT = "gaia-project.json"
TREE = "gaia-tree.jsonl"
"""What a payload cannot hold: empty folders, links, names that are no text, and what was left out."""
MANIFEST, TAG_MANIFEST = "manifest-sha256.txt", "tagmanifest-sha256.txt"
INFO, DECLARATION = "bag-info.txt", "bagit.txt"
DECLARED = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Person(_Said):
    """Somebody in the project."""

    username: str = Field(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f\x7f]*$")
    role: str = Field(max_length=16)
    until: datetime | None = None


class Used(_Said):
    """A dataset that the project cites, or that was opened for it."""

    id: str = Field(max_length=255)
    title: str = Field(default="", max_length=1000)
    doi: str | None = Field(default=None, max_length=255)
    citation: str = Field(default="", max_length=4000)
    cited: bool = True
    opened: int = Field(default=0, ge=0)
    """How often it was opened."""
    last: datetime | None = None
    last_by: str = Field(default="", max_length=255)


class Output(_Said):
    """Something that the project gave out; its path is below the project's folder."""

    path: str = Field(max_length=4000)
    title: str = Field(default="", max_length=1000)
    kind: str = Field(default="file", max_length=64)
    program: str = Field(default="", max_length=64)
    """What serves an app."""


class Happened(_Said):
    """One line of the project's history."""

    at: datetime
    by: str = Field(max_length=255)
    kind: str = Field(max_length=32)
    facts: dict[str, Any] = Field(default_factory=dict)


class Pinned(_Said):
    """The environment that the project's results came from."""

    name: str = Field(max_length=255)
    digest: str = Field(max_length=255)


class ProjectFacts(_Said):
    """What a bag says of its project: everything but its files, and no secret."""

    slug: str = Field(max_length=28)
    title: str = Field(max_length=120)
    description: str = Field(default="", max_length=4000)
    visibility: str = Field(default="private", max_length=16)
    community: str = Field(default="", max_length=120)
    state: str = Field(default="active", max_length=16)
    starts: datetime
    ends: datetime
    created_by: str = Field(default="", max_length=255)
    exported: datetime
    exported_by: str = Field(default="", max_length=255)
    platform: str = Field(default="gaia_vre", max_length=255)
    members: tuple[Person, ...] = Field(default=(), max_length=1000)
    environment: Pinned | None = None
    datasets: tuple[Used, ...] = Field(default=(), max_length=10_000)
    outputs: tuple[Output, ...] = Field(default=(), max_length=10_000)
    history: tuple[Happened, ...] = Field(default=(), max_length=10_000)


@dataclass(frozen=True)
class Receipt:
    """What was written, and where."""

    slug: str
    where: str
    digest: str
    """SHA-256 of the tag manifest, which holds the digests of everything else."""
    files: int
    size_bytes: int
    left_out: int
    """Entries that no bag can hold, or that could not be read; the bag lists them."""
    made: str
    by: str
