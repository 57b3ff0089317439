"""Set traits without overriding what an operator has set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from traitlets.config import Config


def propose(config: Config, section: str, **values: Any) -> None:
    """Set each trait of the section that the configuration has not set yet.

    Empty lists and dictionaries count as not set: the official chart sets those that nobody has filled.
    """
    traits = config[section]
    for name, value in values.items():
        if name not in traits or traits[name] in ([], {}):
            traits[name] = value


def add_named(config: Config, section: str, trait: str, entries: Iterable[dict[str, Any]]) -> None:
    """Add entries to a list of named ones; of an entry that is there, only what it leaves out is added.

    The official chart begins these lists, with the tokens that it has made.
    """
    given = config[section].get(trait, [])
    if not isinstance(given, list):
        return
    there = {entry.get("name"): entry for entry in given}
    ours = {entry["name"]: entry for entry in entries}
    kept = [ours.get(name, {}) | entry for name, entry in there.items()]
    config[section][trait] = [*kept, *(entry for name, entry in ours.items() if name not in there)]
