"""The OpenAPI document, with the errors that there really are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastapi import FastAPI

_PROBLEM = {
    "type": "object",
    "title": "Problem",
    "description": "What is wrong, as RFC 9457 writes it.",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
    },
}
_SHORTENED = {
    "type": "object",
    "title": "Shortened",
    "description": "What `fields` left of an item or a collection.",
    "required": ["id"],
    "properties": {"id": {"type": "string"}},
}
_LISTS = {"ItemCollection": "features", "Collections": "collections"}
_ERRORS = {
    "400": "The question cannot be understood or is out of bounds",
    "401": "The catalog is for those who are signed in",
    "404": "There is no such thing",
    "413": "The body is too large",
    "503": "The catalog cannot be searched now",
}


def describe(app: FastAPI) -> None:
    """Let the document name the problems that the API answers with, in place of FastAPI's own."""
    made = app.openapi

    def openapi() -> dict[str, Any]:
        document = made()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        if "Problem" not in schemas:
            schemas |= {"Problem": _PROBLEM, "Shortened": _SHORTENED}
            for name, part in _LISTS.items():
                whole = schemas[name]["properties"][part]
                whole["items"] = {"anyOf": [whole["items"], {"$ref": "#/components/schemas/Shortened"}]}
            for path in document["paths"].values():
                for operation in path.values():
                    _with_problems(operation["responses"])
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # as FastAPI's manual tells


def _with_problems(responses: dict[str, Any]) -> None:
    responses.pop("422", None)
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for status, about in _ERRORS.items():
        responses.setdefault(status, {"description": about, "content": content})
