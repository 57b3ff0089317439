import pytest

from gaia_vre.catalog.rules import pole_key, unknown_dataset, words
from gaia_vre.core.errors import InvalidInput


def test_a_pole_is_known_by_key_and_name() -> None:
    assert pole_key("CLIMERI-France") == pole_key("climeri") == "climeri"
    with pytest.raises(InvalidInput, match=r"no pole 'odatiss'.*did you mean 'odatis'"):
        pole_key("odatiss")


def test_an_unknown_dataset_suggests_the_nearest_whatever_its_capitals() -> None:
    assert "did you mean 'THEIA_OSO'?" in str(unknown_dataset("theia-oso", ["ostia-monthly", "THEIA_OSO"]))


def test_silent_words_do_not_count() -> None:
    assert words("l'océan et la mer") == ["ocean", "mer"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("niveaux", "niveau"),
        ("végétaux", "végétal"),
        ("séries", "series"),
        ("énergie", "energies"),
        ("analyses", "analysis"),
        ("flux", "fluxes"),
        ("biomasses", "biomass"),
        ("œufs", "oeuf"),
        ("plages", "plage"),
        ("Sentinels", "sentinel"),
        ("eaux", "eau"),
    ],
)
def test_number_and_language_of_a_word_do_not_matter(one: str, other: str) -> None:
    assert words(one) == words(other)


@pytest.mark.parametrize("word", ["gas", "glass", "focus", "flux", "nh3"])
def test_what_is_no_plural_stays(word: str) -> None:
    assert words(word) == [word]
