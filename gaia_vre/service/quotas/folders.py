"""What the page of use shows of a person's folders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gaia_vre.quotas.sources import source_words
from gaia_vre.quotas.storage.model import GIB
from gaia_vre.service.quotas import words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from gaia_vre.look.language import Language
    from gaia_vre.quotas.storage.model import Kept, Level

FILES_SHOWN = 10
TELLING = 1000
"""A file that is a smaller part of all than this is not worth deleting."""


@dataclass(frozen=True)
class FolderBar:
    """One folder as a graduated bar."""

    area: str
    title: str
    words: str
    used: float
    """Percent of the limit."""
    soft: float | None
    """Where the notice comes, in percent of the limit."""
    limited: bool
    level: Level
    note: str
    """How many files, and when they were counted."""
    source: str
    largest: tuple[tuple[str, str], ...]
    """Size and path, the largest first."""


def folder_bars(language: Language, found: Iterable[Kept], at: Callable[[datetime], str]) -> list[FolderBar]:
    """Return a bar for each folder that was measured."""
    return [_bar(language, one, at) for one in found]


def size(language: Language, amount: int) -> str:
    """Return "3.2 GiB", in the unit that suits."""
    units = ((GIB, language.text("GiB")), (2**20, language.text("MiB")), (2**10, language.text("KiB")))
    for unit, name in units:
        if amount >= unit:
            return f"{words.short(language, amount / unit)}\u00a0{name}"
    return language.count(amount, "byte", "bytes")


def _bar(language: Language, one: Kept, at: Callable[[datetime], str]) -> FolderBar:
    hard, soft = one.room.hard, one.room.soft
    limit = hard or soft
    titles = {
        "home": language.text("Home folder"),
        "scratch": language.text("Scratch folder"),
        "project": language.text("Project folder"),
    }
    note = language.count(one.files, "file", "files")
    if one.unreadable:
        note += ", " + language.count(one.unreadable, "folder could not be read", "folders could not be read")
    note += " · " + language.text("measured {at}", at=at(one.at))
    telling = [each for each in one.largest if each["size"] * TELLING > one.size]
    return FolderBar(
        area=one.place.area,
        title=titles[one.place.area],
        words=_said(language, one),
        used=round(min(100.0, one.size / limit * 100), 2) if limit else 0,
        soft=round(soft / limit * 100, 2) if soft and hard and limit else None,
        limited=limit is not None,
        level=one.level,
        note=note,
        source=source_words(language, one.room.source),
        largest=tuple((size(language, each["size"]), each["path"]) for each in telling[:FILES_SHOWN]),
    )


def _said(language: Language, one: Kept) -> str:
    amount = size(language, one.size)
    if not one.complete:
        amount = language.text("at least {amount}", amount=amount)
    limit = one.room.hard if one.room.hard is not None else one.room.soft
    if limit is None:
        return language.text("{amount}, no limit", amount=amount)
    return language.text("{amount} of {limit}", amount=amount, limit=size(language, limit))
