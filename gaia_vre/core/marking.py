"""Mark texts that are written in one place and translated in another: what is marked, the extraction finds."""

from __future__ import annotations


def said(text: str) -> str:
    """Return a text that a page will say in its own language; `text` is the key of the translation."""
    return text


def counted(one: str, many: str) -> tuple[str, str]:
    """Return the two forms of what a page will count."""
    return one, many
