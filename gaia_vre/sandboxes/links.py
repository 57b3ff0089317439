"""Links that ask for a sandbox: ``sandbox/new?git=https://…&ref=v1.2&path=first.ipynb``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from gaia_vre.core.errors import InvalidInput, did_you_mean
from gaia_vre.sandboxes.model import Source

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gaia_vre.sandboxes.model import SourceKind

_KINDS: tuple[SourceKind, ...] = ("example", "dataset", "git", "notebook", "project")
_LONGEST = 1000
_KNOWN = (*_KINDS, "ref", "path")


def read_link(pairs: Iterable[tuple[str, str]]) -> Source:
    """Return what a link asks a sandbox to start from; without a word it is blank.

    Raises
    ------
    InvalidInput
        A word of it is unknown, stands twice, is too long, or two sources are named.
    """
    given: dict[str, str] = {}
    for name, value in pairs:
        if name not in _KNOWN:
            raise InvalidInput(f"The link has a word {name[:40]!a} that is not known{did_you_mean(name, _KNOWN)}")
        if name in given:
            raise InvalidInput(f"{name} stands twice in the link")
        if len(value) > _LONGEST:
            raise InvalidInput(f"{name} has {len(value):,} characters in the link; at most {_LONGEST:,} are read")
        given[name] = value
    kinds = [kind for kind in _KINDS if kind in given]
    if len(kinds) > 1:
        raise InvalidInput(f"The link names {' and '.join(kinds)}; a sandbox starts from one thing")
    if not kinds:
        if given:
            raise InvalidInput(f"The link has {' and '.join(given)} but does not say of what")
        return Source()
    return Source(kinds[0], given[kinds[0]], given.get("ref", ""), given.get("path", ""))


def link_query(source: Source) -> str:
    """Return the query of the link that asks for this; nothing for a blank one."""
    if source.kind == "blank":
        return ""
    words = {source.kind: source.reference, "ref": source.revision, "path": source.path}
    return urlencode({name: value for name, value in words.items() if value}, safe="/:")


def same_again(source: Source) -> Source:
    """Return what starts another sandbox like one that was furnished, whose path begins with its folder."""
    if source.kind not in ("git", "project"):
        return replace(source, path="")
    folder = source.reference.rstrip("/").rpartition("/")[2].removesuffix(".git")
    inside = source.path.partition("/")[2] if source.path.partition("/")[0] == folder else ""
    return replace(source, path=inside)
