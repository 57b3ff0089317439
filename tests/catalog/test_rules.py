import pytest

from gaia_vre.catalog.model import Dataset, Facts, Period
from gaia_vre.catalog.rules import Question, answer, pole_key, unknown_dataset, words
from gaia_vre.catalog.selection import parse_time
from gaia_vre.core.errors import InvalidInput

WARM = Dataset("warm-sea", "Warm sea", "How warm.", "odatis", ("sea temperature", "température de la mer"))
COLD = Dataset("cold-land", "Cold land", "How cold.", "theia", ("soil", "sols gelés"))


def found(text: str | None = None, datasets: tuple[Dataset, ...] = (WARM, COLD), **rest: object) -> list[str]:
    return [one.id for one in answer(Question(text, **rest), datasets).datasets]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Température de la MER", ["warm-sea"], id="accents and capitals"),
        pytest.param("temperatures", ["warm-sea"], id="plural"),
        pytest.param("sol gele", ["cold-land"], id="French plural without accents"),
        pytest.param("temp", ["warm-sea"], id="beginning of a word"),
        pytest.param("the of", ["warm-sea", "cold-land"], id="only words that do not count"),
        pytest.param("volcano", [], id="nothing fits"),
    ],
)
def test_words_find_datasets(text: str, expected: list[str]) -> None:
    assert found(text) == expected


def test_a_title_counts_more_than_a_description() -> None:
    mentioned = Dataset("other", "Other", "Not about the sea, but warm.", "odatis")
    assert found("warm sea", (mentioned, WARM)) == ["warm-sea", "other"]


def test_most_of_the_words_are_enough_when_none_has_all() -> None:
    reply = answer(Question("warm sea Mediterranean"), (WARM, COLD))
    assert [one.id for one in reply.datasets] == ["warm-sea"]
    assert not reply.complete


def test_unknown_extents_fit_no_box_and_no_time() -> None:
    assert found(box=(-180, -90, 180, 90)) == []
    assert found(time=parse_time("2008")) == []


def test_boxes_touch_across_the_date_line() -> None:
    fiji = Dataset("fiji", "Fiji", "Islands.", facts=Facts(box=(176.0, -20.0, -178.0, -16.0)))
    assert found(datasets=(fiji,), box=(-179.0, -18.0, -170.0, -10.0)) == ["fiji"]
    assert found(datasets=(fiji,), box=(181.0, -18.0, 190.0, -10.0)) == ["fiji"]
    assert found(datasets=(fiji,), box=(0.0, -18.0, 10.0, -10.0)) == []


def test_an_open_period_goes_on() -> None:
    running = Dataset("now", "Now", "Goes on.", facts=Facts(period=Period("1993-01-01T00:00:00Z", None)))
    assert found(datasets=(running,), time=parse_time("2030")) == ["now"]
    assert found(datasets=(running,), time=parse_time("1992")) == []


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
