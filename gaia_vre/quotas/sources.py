"""Where a limit comes from, in the words of a language."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gaia_vre.look.language import Language

_GROUP = re.compile(r"group (?P<group>.+)")
_REQUEST = re.compile(r"request \d+ of (?P<user>.+), by (?P<by>.+) until \S+")
_SHARE = re.compile(r"share of a member, by (?P<by>.+)")
_GIVEN = re.compile(r"(?P<reason>.+), by (?P<by>.+?)(?: until \S+)?")


def source_words(language: Language, source: str) -> str:
    """Return where a limit comes from; a reason that somebody wrote stays as it is."""
    if source.startswith("default of a "):
        return language.text("Default of the site.")
    if source.startswith("set in the settings"):
        return language.text("Set by the operators.")
    if found := _GROUP.fullmatch(source):
        return language.text("From the group {group}.", group=found["group"])
    if found := _REQUEST.fullmatch(source):
        return language.text("Raised by {by}, as {user} asked.", by=found["by"], user=found["user"])
    return _given_words(language, source)


def _given_words(language: Language, source: str) -> str:
    if found := _SHARE.fullmatch(source):
        return language.text("Share set by {by}.", by=found["by"])
    if found := _GIVEN.fullmatch(source):
        return language.text("{reason}, by {by}.", reason=found["reason"], by=found["by"])
    return source
