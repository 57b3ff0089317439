"""What the JSON API of sandboxes takes and gives."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from urllib.parse import quote

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field

from gaia_vre.sandboxes.model import Sandbox, Source, SourceKind, State, Why

_PRINTABLE = r"^[^\x00-\x1f\x7f]*$"

Id = Annotated[str, Path(pattern=r"^[a-z0-9]{4,16}$")]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SourceBody(_Body):
    """What a sandbox starts from."""

    kind: SourceKind = "blank"
    reference: str = Field(default="", max_length=1000, pattern=_PRINTABLE)
    revision: str = Field(default="", max_length=200, pattern=_PRINTABLE)
    path: str = Field(default="", max_length=500, pattern=_PRINTABLE)

    @property
    def source(self) -> Source:
        return Source(self.kind, self.reference, self.revision, self.path)


class NewSandboxBody(_Body):
    """A sandbox that is to be made."""

    source: SourceBody = SourceBody()
    title: str = Field(default="", max_length=120, pattern=_PRINTABLE)


class KeepBody(_Body):
    """Where the work goes, and under what name."""

    to: str = Field(default="home", max_length=60, pattern=r"^(home|project:[a-z0-9-]{1,28})$")
    name: str = Field(default="", max_length=60, pattern=r"^([A-Za-z0-9][A-Za-z0-9._ -]*)?$")
    """Of the new folder; empty: from the title."""


class ReceiptModel(BaseModel):
    """What was kept, and where."""

    model_config = ConfigDict(from_attributes=True)
    at: datetime
    place: str
    folder: str
    files: int
    size: int
    left_out: list[str]


class SandboxModel(BaseModel):
    """A sandbox, with the countdown as of now."""

    id: str
    username: str
    server: str
    title: str
    source: SourceBody
    state: State
    why: Why
    problem: str
    """Why it could not be made, in words."""
    visitor: bool
    """It is that of a visitor without an account: nothing of it is kept."""
    url: str
    """Path of its lab at the public address."""
    created: datetime
    deadline: datetime
    seconds_left: int
    """Until the deadline, or while frozen until it is destroyed."""
    extensions_left: int
    extension_minutes: float
    ended: datetime | None
    frozen_until: datetime | None
    destroyed: datetime | None
    kept: ReceiptModel | None


class TotalsModel(BaseModel):
    """How many there are, for an operator."""

    making: int
    running: int
    frozen: int
    destroying: int
    today: int
    """Made in the last 24 h."""
    kept: int
    """Of these, kept."""


class OverviewModel(BaseModel):
    """All sandboxes that are there, the oldest first."""

    totals: TotalsModel
    sandboxes: list[SandboxModel]


def told(sandbox: Sandbox, now: datetime, extensions: int, extension_minutes: float) -> SandboxModel:
    """Return a sandbox as the API gives it."""
    end = sandbox.frozen_until if sandbox.state == "frozen" and sandbox.frozen_until else sandbox.deadline
    over = sandbox.state in ("destroying", "destroyed")
    same = ("id", "username", "server", "title", "state", "why", "problem", "created", "deadline", "ended")
    given = {name: getattr(sandbox, name) for name in (*same, "frozen_until", "destroyed")}
    return SandboxModel(
        **given,
        visitor=sandbox.visitor is not None,
        source=SourceBody(**sandbox.source.stored()),
        url=_address(sandbox),
        seconds_left=0 if over else max(0, int((end - now).total_seconds())),
        extensions_left=0 if over or sandbox.visitor or sandbox.state == "frozen" else extensions - sandbox.extensions,
        extension_minutes=extension_minutes,
        kept=ReceiptModel.model_validate(sandbox.kept) if sandbox.kept else None,
    )


def _address(sandbox: Sandbox) -> str:
    path = sandbox.source.path
    lab = f"/user/{sandbox.user}/{sandbox.server}/lab"
    return f"{lab}/tree/{quote(path)}" if path else lab
