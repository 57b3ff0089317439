"""Say in STAC documents how files that are not open are had: the authentication extension."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gaia_vre.catalog.engine.model import Document

EXTENSION = "https://stac-extensions.github.io/authentication/v1.1.0/schema.json"
TOKEN = "gaia"  # noqa: S105 - the name of a scheme
"""Files with rights, which the service keeps."""
LINKS = "gaia-links"
"""Files of other archives, for which the service gets links."""


def with_schemes(document: Document, service: str) -> Document:
    """Return a document that describes the schemes to which its assets refer.

    Parameters
    ----------
    service
        Public address of the service.
    """
    used = {name for asset in document.get("assets", {}).values() for name in asset.get("auth:refs", ())}
    ours = {name: scheme for name, scheme in _schemes(service).items() if name in used}
    if not ours:
        return document
    extensions = sorted({*document.get("stac_extensions", ()), EXTENSION})
    if document["type"] != "Feature":
        return document | {"stac_extensions": extensions, "auth:schemes": document.get("auth:schemes", {}) | ours}
    properties = document["properties"]
    properties = properties | {"auth:schemes": properties.get("auth:schemes", {}) | ours}
    return document | {"stac_extensions": extensions, "properties": properties}


def _schemes(service: str) -> dict[str, dict[str, Any]]:
    flow = {
        "method": "POST",
        "authorizationApi": f"{service}/api/catalog/links",
        "parameters": {
            name: {"in": "body", "required": name == "dataset", "description": about, "schema": {"type": kind}}
            for name, about, kind in (
                ("dataset", "Id of the collection", "string"),
                ("item", "Id of the item", "string"),
                ("assets", "Keys of the assets; all without", "array"),
            )
        },
        "responseField": "assets",
    }
    return {
        TOKEN: {
            "type": "http",
            "scheme": "bearer",
            "description": "A token of the hub, of somebody who may read; GET "
            f"{service}/api/catalog/datasets/<collection>/access says who. The answer leads to a link that ends soon.",
        },
        LINKS: {
            "type": "signedUrl",
            "description": "Links by asset key, for who sends a token of the hub.",
            "flows": {"authorizationCode": flow},
        },
    }
