"""Everything that pages say is translated, and no translation is left over."""

from __future__ import annotations

import re

import pytest

from gaia_vre.look.language import LANGUAGES, Language
from tests.support.texts import extracted, key, translated

OTHERS = [code for code in LANGUAGES if code != "en"]


def forms(value: str | tuple[str, ...] | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_is_translated_and_no_translation_is_left_over(language: str) -> None:
    said = {key(message) for message in extracted() if message.id}
    known = {key(message) for message in translated(language) if message.id}
    assert said - known == set(), "run make texts, then translate what is empty"
    assert known - said == set(), "run make texts: nothing says this any more"


@pytest.mark.parametrize("language", OTHERS)
def test_translations_are_whole_and_fill_the_same_gaps(language: str) -> None:
    for message in translated(language):
        if not message.id:
            continue
        assert not message.fuzzy, message.id
        gaps = [set(re.findall(r"\{\w+\}", one)) for one in forms(message.id)]
        for form, wanted in zip(forms(message.string), gaps, strict=True):
            assert form, message.id
            assert set(re.findall(r"\{\w+\}", form)) == wanted, message.id


def test_french_has_its_spaces_and_apostrophes() -> None:
    for message in translated("fr"):
        for form in forms(message.string) if message.id else []:
            assert not re.search(r"(?<!\xa0)[;:!?%»](?!//)", form), f"no no-break space in {form!r}"
            assert "'" not in form, f"a straight apostrophe in {form!r}"


def test_french_writes_numbers_its_own_way() -> None:
    french = Language("fr")
    assert french.count(1.5, "core", "cores") == "1,5\xa0cœur"
    assert french.count(0, "core", "cores") == "0\xa0cœur"
    assert french.count(2, "core", "cores") == "2\xa0cœurs"
    assert french.count(1_000_000, "core", "cores") == "1\u202f000\u202f000\xa0cœurs"


def test_english_counts_everything_but_one_as_many() -> None:
    english = Language("en")
    assert [english.plural(value, "core", "cores") for value in (0, 1, 1.5, 2)] == ["cores", "core", "cores", "cores"]


def test_what_nobody_translated_is_said_in_english() -> None:
    assert Language("fr").text("Words {of} no catalog", of="x") == "Words x no catalog"
    assert Language("fr").text("") == ""
