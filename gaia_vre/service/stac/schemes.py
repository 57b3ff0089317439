"""Say in STAC documents how files that are not open are had: the authentication extension."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gaia_vre.catalog.engine.model import Document

EXTENSION = "https://stac-extensions.github.io/authentication/v1.1.0/schema.json"
TOKEN = "gaia"  # noqa: S105 - the name of a scheme
_SCHEMES: dict[str, dict[str, Any]] = {
    TOKEN: {
        "type": "http",
        "scheme": "bearer",
        "description": "A token of the hub, of somebody who may read: GET api/catalog/datasets/{collection}/access "
        "says who. The answer leads to a link that ends soon.",
    },
}


def with_schemes(document: Document) -> Document:
    """Return a document that describes the schemes to which its assets refer."""
    used = {name for asset in document.get("assets", {}).values() for name in asset.get("auth:refs", ())}
    ours = {name: _SCHEMES[name] for name in sorted(used & _SCHEMES.keys())}
    if not ours:
        return document
    extensions = sorted({*document.get("stac_extensions", ()), EXTENSION})
    if document["type"] != "Feature":
        return document | {"stac_extensions": extensions, "auth:schemes": document.get("auth:schemes", {}) | ours}
    properties = document["properties"]
    properties = properties | {"auth:schemes": properties.get("auth:schemes", {}) | ours}
    return document | {"stac_extensions": extensions, "properties": properties}
