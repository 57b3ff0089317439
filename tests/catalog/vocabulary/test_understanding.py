import pytest

from gaia_vre.catalog.vocabulary import name_of, named, of_standard_name, understand, widened

SST = [
    "SST",
    "sst",
    "température de surface de la mer",
    "TEMPERATURE SURFACE MER",
    "sea_surface_temperature",
    "sea surface temperatures",
    "la température de la surface de la mer",
    "données de température de surface de la mer",
    "tos",
]


@pytest.mark.parametrize("text", SST)
def test_all_names_of_a_thing_ask_the_same(text: str) -> None:
    assert understand(text).groups == understand("sea surface temperature").groups


def test_the_longest_name_wins_and_the_rest_is_asked_too() -> None:
    groups = understand("sea surface temperature in the Gulf of Lion").groups
    assert "sst" in groups[0]
    assert groups[1:] == (("gulf*",), ("lion*",))


def test_what_was_searched_besides_is_told_without_what_was_asked() -> None:
    also = understand("SST").also
    assert "sea surface temperature" in also
    assert "SST" not in also


def test_quotation_marks_keep_words_as_they_are() -> None:
    assert understand('"sea surface"').groups == (("sea surface",),)
    assert understand("« SST »").groups == ((" SST ",),)


def test_a_broader_name_finds_what_is_narrower() -> None:
    assert "sentinel 2" in understand("Sentinel").groups[0]
    assert "landsat 8" in understand("satellites").groups[0]


def test_words_without_meaning_are_asked_when_there_is_nothing_else() -> None:
    assert understand("datasets").groups == (("dataset",),)
    assert understand("the of").groups == ()


@pytest.mark.parametrize("text", ["", "  ", '"', '""', "?!*()", "\0", "\ud800", "NEAR(", '"*"', "«", "AND OR NOT"])
def test_signs_are_no_error(text: str) -> None:
    assert all(phrase for group in understand(text).groups for phrase in group)


def test_a_term_is_widened_by_its_other_names() -> None:
    assert {"sst", "sea surface temperature", "temperature surface mer"} <= set(widened("SST"))
    assert widened("unrest of old") == ("unrest of old",)
    assert widened("volcanic unrest") == ("volcanic unrest*",)


def test_texts_and_standard_names_lead_to_concepts() -> None:
    assert named("Total column of ozone and carbon monoxide", "quantity") == ("ozone", "carbon_monoxide")
    assert named("Landsat 7 ETM+ image", "platform") == ("landsat-7",)
    assert of_standard_name("sea_surface_foundation_temperature") == "sea_surface_temperature"
    assert of_standard_name("moisture_content_of_soil_layer") == "soil_moisture"
    assert of_standard_name("nothing_of_the_kind") is None
    assert (name_of("ozone", "fr"), name_of("soil_moisture", "fr"), name_of("x", "en")) == (
        "ozone",
        "humidité du sol",
        None,
    )


def test_a_place_is_known_by_its_box_too() -> None:
    found = understand("SST en Méditerranée")
    assert found.place is not None
    assert found.place[0] < 5 < found.place[2]
    assert found.elsewhere == understand("SST").groups


@pytest.mark.parametrize("text", ["Méditerranée", "France Japan wind", "wind", '"France" wind'])
def test_there_is_no_box_without_one_place_and_something_else(text: str) -> None:
    assert understand(text).place is None
