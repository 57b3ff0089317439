"""Make of what a source gives a STAC 1.1 object that may be written, or say why not."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gaia_vre.catalog.harvest import checking
from gaia_vre.catalog.harvest.checking import Refused

if TYPE_CHECKING:
    from gaia_vre.catalog.harvest.contract import Found, Source

GLOBE = [-180.0, -90.0, 180.0, 90.0]
_PLAIN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,126}[A-Za-z0-9]|[A-Za-z0-9]")
_READABLE = 80
_LONGEST_ID = 512
_KEPT_LINKS = ("about", "cite-as", "derived_from", "describedby", "documentation", "license", "via")
_OURS_ALONE = ("gaia:example", "gaia:opens", "gaia:package", "gaia:rights", "gaia:size")
"""Fields that decide what runs in a notebook or who reads: no source has a say in them."""
_OLD_LICENCES = ("proprietary", "various", "")


@dataclass(frozen=True)
class Accepted:
    """A checked object, and where it is written below the source's folder."""

    path: str
    stac: dict[str, Any]

    @property
    def digest(self) -> str:
        return hashlib.sha256(text_of(self.stac).encode()).hexdigest()


def accept(found: Found, source: Source) -> Accepted:
    """Check, bring to STAC 1.1 and clean one object.

    Raises
    ------
    Refused
        With the field and the rule that is broken.
    """
    stac = checking.bounded_object(found.stac, source.limits.record_bytes)
    kind = stac.get("type")
    if kind not in ("Collection", "Feature"):
        raise Refused(f"type: 'Collection' or 'Feature' expected, {_shown(kind)} found")
    original = _checked_id(stac.get("id"), "id")
    for name in _OURS_ALONE:
        _target(stac).pop(name, None)
    stac = checking.migrated(stac)
    stac["id"] = safe_id(original)
    if stac["id"] != original:
        _target(stac)["gaia:source_id"] = original
    _target(stac)["gaia:source"] = source.name
    finished = _collection(stac, found, source) if kind == "Collection" else _item(stac, found, source)
    checking.check_schema(finished.stac)
    return finished


def safe_id(text: str) -> str:
    """Return an id that may name a file; two ids never share one.

    A plain id stays. Any other keeps its readable part and gets a digest, after three hyphens.
    """
    if _PLAIN_ID.fullmatch(text) and ".." not in text and "---" not in text and not text.lower().endswith(".json"):
        return text
    readable = re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-")[:_READABLE].rstrip("-")
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{readable or 'x'}---{digest}"


def name_of(stac: Any) -> str:
    """Return something by which a person finds a record that is refused."""
    name = stac.get("id") if isinstance(stac, dict) else None
    return _shown(name) if name is not None else "a record without id"


def text_of(stac: Any) -> str:
    """Return the JSON as it is written: the same content gives the same text."""
    return json.dumps(stac, ensure_ascii=False, indent=1, sort_keys=True)


def _collection(stac: dict[str, Any], found: Found, source: Source) -> Accepted:
    unknown = set(stac.get("gaia:unknown", ()) if isinstance(stac.get("gaia:unknown"), list) else ())
    unknown |= _fill_extent(stac) | set(source.distrusted)
    if not isinstance(stac.get("description"), str) or not stac["description"].strip():
        stac["description"] = stac.get("title") or stac["id"]
        unknown.add("description")
    if stac.get("license") in (None, *_OLD_LICENCES) or "license" in source.distrusted:
        unknown |= {"license"} if stac.get("license") in (None, "") else set()
        stac["license"] = "other"
    if "license" in source.distrusted:
        stac.pop("gaia:licence", None)
    if source.pole:
        stac["gaia:pole"] = source.pole
    stac["gaia:unknown"] = sorted(str(one) for one in unknown)
    stac["links"] = [
        _link("root", "../catalog.json"),
        _link("parent", "../catalog.json"),
        *_outer_links(stac.get("links"), found),
    ]
    _clean_assets(stac, found, source)
    return Accepted(f"{stac['id']}/collection.json", stac)


def _item(stac: dict[str, Any], found: Found, source: Source) -> Accepted:
    collection = safe_id(_checked_id(stac.get("collection"), "collection"))
    stac["collection"] = collection
    stac["links"] = [
        _link("root", "../../catalog.json"),
        _link("parent", "../collection.json"),
        _link("collection", "../collection.json"),
        *_outer_links(stac.get("links"), found),
    ]
    checking.check_box(stac.get("bbox"), "bbox", needed=stac.get("geometry") is not None)
    checking.check_item_times(stac["properties"])
    _clean_assets(stac, found, source)
    return Accepted(f"{collection}/items/{stac['id']}.json", stac)


def _target(stac: dict[str, Any]) -> dict[str, Any]:
    """Return where own fields go: on a collection itself, in an item's properties."""
    if stac.get("type") == "Collection":
        return stac
    if not isinstance(stac.get("properties"), dict):
        raise Refused("properties: an object expected")
    properties: dict[str, Any] = stac["properties"]
    return properties


def _fill_extent(stac: dict[str, Any]) -> set[str]:
    """Put STAC's placeholders where the extent is missing, and return what is unknown by that."""
    extent = stac.setdefault("extent", {})
    if not isinstance(extent, dict):
        raise Refused("extent: an object expected")
    unknown = set()
    if not extent.get("spatial"):
        extent["spatial"] = {"bbox": [GLOBE]}
        unknown.add("extent.spatial")
    if not extent.get("temporal"):
        extent["temporal"] = {"interval": [[None, None]]}
        unknown.add("extent.temporal")
    checking.check_extent(extent)
    return unknown


def _outer_links(links: Any, found: Found) -> list[dict[str, str]]:
    """Keep links that lead a reader on; those between catalogs are ours."""
    kept = []
    for link in links if isinstance(links, list) else ():
        if isinstance(link, dict) and link.get("rel") in _KEPT_LINKS:
            address = checking.web_address(link.get("href"), found.base)
            if address:
                texts = {key: link[key] for key in ("type", "title") if isinstance(link.get(key), str)}
                kept.append({"rel": link["rel"], "href": address, **texts})
    return kept


def _clean_assets(stac: dict[str, Any], found: Found, source: Source) -> None:
    assets = stac.get("assets", {})
    if not isinstance(assets, dict):
        raise Refused("assets: an object expected")
    for key, asset in assets.items():
        if not isinstance(asset, dict):
            raise Refused(f"assets.{_shown(key)}: an object expected")
        asset.pop("gaia:picture", None)
        root = source.url if source.kind in ("folder", "cmip6") and not source.remote else None
        asset["href"] = checking.asset_address(asset.get("href"), found.base, root, f"assets.{key}")


def _checked_id(value: Any, name: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise Refused(f"{name}: a text expected, {_shown(value)} found")
    if len(value) > _LONGEST_ID:
        raise Refused(f"{name}: at most {_LONGEST_ID} characters, {len(value)} found")
    if not value.isprintable():
        raise Refused(f"{name}: {value[:60]!a} has characters that cannot be shown")
    return value


def _link(rel: str, href: str) -> dict[str, str]:
    return {"rel": rel, "href": href, "type": "application/json"}


def _shown(value: Any) -> str:
    return ascii(value)[:100]
