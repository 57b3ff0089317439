"""The reference of all settings, made from the model that reads them."""

from __future__ import annotations

import types
from typing import TYPE_CHECKING, Any, get_args, get_origin

from pydantic import BaseModel

from gaia_vre.core.settings import Settings

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

_HEAD = """# Settings

One YAML file for one machine (`gaia-vre up --settings FILE`), the same keys under `jupyterhub.custom.gaia` on a
cluster. Every key may be left out. A key that is not listed here is refused, with the nearest one that is.
This page is made from the model: `python -m gaia_vre.core.reference > hub_config/settings.md`.
"""


def settings_reference() -> str:
    """Return a Markdown page with every setting, its type, its default and its meaning."""
    lines = [_HEAD, "| key | default | meaning |", "|---|---|---|", *rows_of(Settings)]
    return "\n".join(lines) + "\n"


def rows_of(model: type[BaseModel], prefix: str = "") -> list[str]:
    """Return a line of a Markdown table for each field of a model, with its default and its meaning."""
    rows = []
    for name, field in model.model_fields.items():
        part, several = _part(field.annotation)
        key = f"{prefix}{name}" + ("[]" if several and part else "")
        rows.append(f"| `{key}` | {_default(field, part)} | {field.description} |")
        if part:
            rows += rows_of(part, f"{key}.")
    return rows


def _part(annotation: Any) -> tuple[type[BaseModel] | None, bool]:
    """Return the model inside an annotation, and whether there may be several of it."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, False
    several = get_origin(annotation) is tuple
    if get_origin(annotation) is dict:
        return _part(get_args(annotation)[1])
    if several or get_origin(annotation) is types.UnionType:
        for argument in get_args(annotation):
            part, _ = _part(argument)
            if part:
                return part, several
    return None, several


def _default(field: FieldInfo, part: type[BaseModel] | None) -> str:
    if field.is_required():
        return "required"
    if part:
        return "see below" if field.get_default(call_default_factory=True) else "none"
    value = field.get_default(call_default_factory=True)
    if isinstance(value, tuple):
        return ", ".join(f"`{each}`" for each in value) or "empty"
    return "none" if value is None else f"`{value}`"


if __name__ == "__main__":
    print(settings_reference(), end="")  # noqa: T201 - the program's output
