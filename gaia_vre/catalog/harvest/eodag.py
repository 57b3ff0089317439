"""The collections that eodag knows of its providers, from the resource files it publishes (JSON or YAML).

The files are enough: the package itself is made to search and to download.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from gaia_vre.catalog.harvest.checking import Refused
from gaia_vre.catalog.harvest.contract import Found, OverBound, SourceFault, Unreadable
from gaia_vre.catalog.harvest.describing import box_of, doi_in, licence_of
from gaia_vre.catalog.harvest.fetch import read_json
from gaia_vre.catalog.harvest.listed import ListedPages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gaia_vre.catalog.harvest.contract import Page, Source
    from gaia_vre.catalog.harvest.fetch import Fetcher

_SCIENTIFIC = "https://stac-extensions.github.io/scientific/v1.0.0/schema.json"
_PROCESSING = "https://stac-extensions.github.io/processing/v1.2.0/schema.json"
_SUMMARIES = ("platform", "constellation", "instruments", "processing:level", "gsd")
_DESCRIBED = ("title", "description", "extent", "license")
_DEEPEST = 40
_SPDX = re.compile(r"[\w.+-]*\d[\w.+-]*", re.ASCII)
"""Names of licences have a version; without one it is a word that somebody made up."""
_NO_LICENCE = ("proprietary", "various", "other", "")


class Eodag:
    """Reads one resource file: `{collection: …}`, or collections by provider.

    The cursor is the id after which the next page begins.
    """

    def __init__(self, source: Source, fetcher: Fetcher | None) -> None:
        self._source, self._fetcher = source, fetcher
        self._known: dict[str, dict[str, Any]] = {}

    def pages(self, cursor: str | None) -> Iterator[Page]:
        self._known = _by_id(self._read(), self._source)
        yield from ListedPages(self._source, self._one).pages(sorted(self._known), cursor)

    def _read(self) -> dict[str, Any]:
        url = self._source.url
        if self._fetcher is not None:
            return self._fetcher.get(url, lambda body: _parsed(body, url), "application/json, application/yaml, */*")
        try:
            with Path(url).open("rb") as file:
                body = file.read(self._source.limits.page_bytes + 1)
        except OSError as error:
            raise SourceFault(f"{url}: cannot be read ({error.strerror})") from error
        if len(body) > self._source.limits.page_bytes:
            raise OverBound(f"{url}: larger than {self._source.limits.page_bytes} bytes")
        return _parsed(body, url)

    def _one(self, name: str) -> list[Found]:
        said = self._known[name]
        providers = said["providers"]
        return [Found(_collection(name, said["config"], providers), self._source.url)]


def _parsed(body: bytes, url: str) -> dict[str, Any]:
    read = read_json(body, url) if body.lstrip()[:1] in (b"{", b"[") else _yaml(body, url)
    if not isinstance(read, dict) or not all(isinstance(one, dict) for one in read.values()):
        raise Unreadable(f"{url}: no collections by their name, but {type(read).__name__} of other things found")
    return read


def _yaml(body: bytes, url: str) -> Any:
    """Return what a YAML text says; repeated references and endless depth are not read."""
    depth = 0
    try:
        for event in yaml.parse(body, Loader=yaml.SafeLoader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if isinstance(event, yaml.AliasEvent) or depth > _DEEPEST:
                raise Unreadable(f"{url}: references and more than {_DEEPEST} levels are not read")
        return yaml.safe_load(body)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise Unreadable(f"{url}: the answer is no JSON and no YAML ({str(error)[:200]})") from error


def _by_id(resource: dict[str, Any], source: Source) -> dict[str, dict[str, Any]]:
    """Return the collections of the wanted providers; of one named by several, the first description."""
    found: dict[str, dict[str, Any]] = {}
    for provider, configs in _by_provider(resource):
        if source.providers and provider not in source.providers:
            continue
        for name, config in configs.items():
            if isinstance(name, str) and (not source.collections or name in source.collections):
                kept = found.setdefault(name, {"config": config, "providers": []})
                kept["providers"] += [provider] if provider else []
    return found


def _by_provider(resource: dict[str, Any]) -> Iterator[tuple[str | None, dict[str, Any]]]:
    flat: dict[str, Any] = {}
    for name, block in resource.items():
        inner = next((block[key] for key in ("collections_config", "product_types_config") if key in block), None)
        if isinstance(inner, dict):
            yield name, inner
        elif any(key in block for key in _DESCRIBED):
            flat[name] = block
        else:
            yield name, block
    if flat:
        yield None, flat


def _collection(name: str, config: Any, providers: list[str]) -> dict[str, Any]:
    if not isinstance(config, dict):
        raise Refused(f"an object expected, {type(config).__name__} found")
    doi = doi_in(config["sci:doi"]) if isinstance(config.get("sci:doi"), str) else None
    summaries = {key: _list(config[key]) for key in _SUMMARIES if config.get(key)}
    said = [str(one) for one in _list(config.get("license") or "") if one and one not in _NO_LICENCE]
    spdx = said[0] if len(said) == 1 and _SPDX.fullmatch(said[0]) else licence_of(said)
    described: dict[str, Any] = {
        "type": "Collection",
        "stac_version": "1.1.0",
        "stac_extensions": [_SCIENTIFIC] * bool(doi) + [_PROCESSING] * ("processing:level" in summaries),
        "id": name,
        "title": config.get("title") or name,
        "description": config.get("description") or config.get("abstract"),
        "keywords": config.get("keywords") or [],
        "license": spdx or "other",
        "extent": _extent(config.get("extent")),
        "links": [*_links(config), *([{"rel": "cite-as", "href": f"https://doi.org/{doi}"}] if doi else [])],
        "gaia:unknown": [] if said else ["license"],
    }
    further = {
        "providers": config.get("providers"),
        "summaries": summaries,
        "sci:doi": doi,
        "gaia:licence": ", ".join(said),
        "gaia:access": _access(name, providers),
    }
    return described | {key: value for key, value in further.items() if value}


def _access(name: str, providers: list[str]) -> str:
    at = f"provider {' or '.join(providers)}, " if providers else ""
    return f"eodag: {at}collection {name}"


def _links(config: dict[str, Any]) -> list[Any]:
    links = config.get("links")
    return links if isinstance(links, list) else []


def _list(value: Any) -> list[Any]:
    values = value if isinstance(value, list) else str(value).split(",") if isinstance(value, str) else [value]
    return [one.strip() if isinstance(one, str) else one for one in values]


def _extent(said: Any) -> Any:
    """Return the extent; a box that cannot be, or is all zeros as Copernicus Marine writes it, is unknown."""
    if not isinstance(said, dict):
        return {}
    extent = json.loads(json.dumps(said, default=str))
    spatial = extent.get("spatial")
    boxes = spatial.get("bbox") if isinstance(spatial, dict) else None
    if isinstance(boxes, list) and all(isinstance(box, list) and _numbers(box, 4) for box in boxes):
        known = [box for one in boxes if any(one) and (box := box_of(*one))]
        extent["spatial"] = {"bbox": known} if len(known) == len(boxes) else None
    return extent


def _numbers(box: list[Any], count: int) -> bool:
    return len(box) == count and all(isinstance(one, int | float) and not isinstance(one, bool) for one in box)
