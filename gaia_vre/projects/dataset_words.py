"""What editors say of a dataset beyond its facts: title, abstract, licence, creators, and a DOI it has elsewhere."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from gaia_vre.core.errors import InvalidInput
from gaia_vre.projects import rules

_DOI = re.compile(r"10\.\d{4,9}/[^\s\"<>]{1,200}")
_SPDX = re.compile(r"(?:CC|etalab|ODbL|ODC|PDDL|MIT|Apache|OGL)[A-Za-z0-9.-]*")
_LONGEST, MOST_CREATORS = 200, 50


@dataclass(frozen=True)
class Words:
    """What an editor says; None leaves what the file says."""

    title: str | None = None
    abstract: str | None = None
    licence: str | None = None
    creators: tuple[str, ...] | None = None
    doi: str | None = None


def with_words(collection: dict[str, Any], words: Words) -> dict[str, Any]:
    """Return a collection that says so; raises InvalidInput for what cannot be shown."""
    said = {**collection, "gaia:unknown": list(collection.get("gaia:unknown", ()))}
    if words.title is not None:
        said["title"] = words.title.strip()
    if words.abstract is not None:
        said["description"] = words.abstract.strip() or said["title"]
    rules.check_words(str(said.get("title") or ""), str(said.get("description") or ""))
    if words.licence is not None:
        _license(said, words.licence.strip())
    if words.creators is not None:
        said["providers"] = [{"name": one, "roles": ["producer"]} for one in _names(words.creators)]
    if words.doi is not None:
        _identify(said, words.doi.strip())
    return said


def _license(said: dict[str, Any], text: str) -> None:
    _check("licence", text)
    said.pop("gaia:licence", None)
    said["license"] = text if _SPDX.fullmatch(text) else "other"
    said["gaia:unknown"] = [one for one in said["gaia:unknown"] if one != "license"] + ([] if text else ["license"])
    if text:
        said["gaia:licence"] = text


def _names(creators: tuple[str, ...]) -> list[str]:
    names = [one.strip() for one in creators if one.strip()]
    if len(names) > MOST_CREATORS:
        raise InvalidInput(f"{len(names)} creators are named; a dataset takes at most {MOST_CREATORS}")
    for one in names:
        _check("name of a creator", one)
    return names


def _identify(said: dict[str, Any], text: str) -> None:
    doi = text.removeprefix("https://doi.org/").removeprefix("doi:")
    if doi and not _DOI.fullmatch(doi):
        raise InvalidInput(f"{text[:80]!a} is no DOI, as 10.5281/zenodo.1234 is")
    said.pop("sci:doi", None)
    if doi:
        said["sci:doi"] = doi


def _check(what: str, text: str) -> None:
    if len(text) > _LONGEST or not text.isprintable():
        raise InvalidInput(f"The {what} {text[:60]!a} has over {_LONGEST} characters, or some that cannot be shown")
