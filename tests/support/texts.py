"""What the sources say to people, as Babel finds it, beside what the catalogs translate.

Run as a program it brings each catalog in step with the sources: new texts come without a translation,
orphans go.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from gaia_vre.look.language import CATALOGS, LANGUAGES

if TYPE_CHECKING:
    from babel.messages.catalog import Message

ROOT = Path(__file__).parents[2]
KEYWORDS = {"t": None, "text": None, "said": None, "count": (2, 3), "plural": (2, 3), "counted": (1, 2)}
"""Calls that hold a text, and which of their arguments it is."""


def extracted() -> Catalog:
    """Return the texts of the sources."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["babel"]["mappings"]
    methods = [(one["pattern"], one["method"]) for one in settings]
    catalog = Catalog()
    for _, _, text, _, _ in extract_from_dir(
        ROOT, methods, keywords=KEYWORDS, options_map={"**.html": {"silent": "false"}}
    ):
        catalog.add(text)
    return catalog


def translated(language: str) -> Catalog:
    """Return the catalog of a language."""
    with _path(language).open("rb") as file:
        return read_po(file, locale=language)


def key(message: Message) -> str | tuple[str, ...]:
    """Return what stands for a message: its English text, or both forms of it."""
    return message.id if isinstance(message.id, str) else tuple(message.id)


def bring_in_step(language: str) -> tuple[int, int]:
    """Write the catalog anew; return how many texts wait for a translation, and how many were dropped."""
    found, known = extracted(), translated(language)
    fresh = Catalog(locale=language, fuzzy=False)
    for message in found:
        if message.id:
            old = known.get(message.id if isinstance(message.id, str) else message.id[0])
            same = old is not None and key(old) == key(message)
            fresh.add(message.id, old.string if old is not None and same else "")
    waiting = [one for one in fresh if one.id and not all([one.string] if isinstance(one.string, str) else one.string)]
    dropped = {key(one) for one in known if one.id} - {key(one) for one in found if one.id}
    with _path(language).open("wb") as file:
        write_po(file, fresh, width=0, sort_output=True, omit_header=True, no_location=True)
    _restore_header(language)
    return len(waiting), len(dropped)


def _restore_header(language: str) -> None:
    path = _path(language)
    rule = Catalog(locale=language).plural_forms
    header = f'msgid ""\nmsgstr ""\n"Language: {language}\\n"\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
    path.write_text(f'{header}"Plural-Forms: {rule}\\n"\n\n{path.read_text().strip()}\n')


def _path(language: str) -> Path:
    return CATALOGS / language / "LC_MESSAGES" / "messages.po"


if __name__ == "__main__":
    for code in LANGUAGES:
        if code != "en":
            waiting, dropped = bring_in_step(code)
            print(f"{code}: {waiting} texts wait for a translation, {dropped} orphans dropped")  # noqa: T201
