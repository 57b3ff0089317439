import pytest

from gaia_vre.catalog.engine.texts import texts
from gaia_vre.catalog.facets import FACETS, facet_name, facet_title, facet_values, step_of
from gaia_vre.look.language import Language
from tests.catalog.engine.documents import collection

ENGLISH, FRENCH = Language("en"), Language("fr")

EXTENT = {"spatial": {"bbox": [[0, 0, 1, 1]]}, "temporal": {"interval": [["1948-01-01T00:00:00Z", None]]}}


def values(facet: str, **more: object) -> tuple[str, ...]:
    return facet_values(collection("x", "X", **more), 2026)[facet]


def test_what_is_unknown_has_no_value() -> None:
    extent = {"spatial": {"bbox": [[0, 0, 1, 1]]}, "temporal": {"interval": [[None, None]]}}
    found = facet_values(collection("x", "X", extent=extent))
    assert {facet: one for facet, one in found.items() if one} == {"access": ("described",)}
    assert tuple(found) == FACETS


def test_an_open_period_goes_on_until_now() -> None:
    assert values("period", extent=EXTENT)[:2] == ("before-1950", "1950s")
    assert values("period", extent=EXTENT)[-1] == "2020s"


def test_a_file_of_ours_opens_here() -> None:
    assert values("access", assets={"data": {"href": "zarr/x.zarr"}}) == ("here",)
    assert values("access", assets={"data": {"href": "https://example.org/x.zarr"}}) == ("described",)


def test_a_picture_alone_opens_nothing() -> None:
    assert values("access", assets={"p": {"href": "p.png", "roles": ["thumbnail"]}}) == ("described",)


def test_formats_are_those_of_the_data() -> None:
    assets = {
        "data": {"href": "https://example.org/a", "type": "application/x-netcdf", "roles": ["data"]},
        "picture": {"href": "https://example.org/b", "type": "image/tiff", "roles": ["thumbnail"]},
    }
    assert values("format", assets=assets) == ("netcdf",)


@pytest.mark.parametrize(
    ("metres", "key"), [(0.5, "0m-1m"), (10, "10m-100m"), (27_750, "10km-100km"), (250_000, "100km-")]
)
def test_a_resolution_has_a_step(metres: float, key: str) -> None:
    assert step_of(metres) == key


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param({"extent": {}}, id="no extent"),
        pytest.param({"summaries": {"gsd": "fine", "platform": [None]}}, id="wrong types"),
        pytest.param({"cube:variables": {"a": None}, "table:columns": ["a"]}, id="no variables"),
        pytest.param({"assets": {"a": {}}, "item_assets": {"b": None}}, id="empty assets"),
        pytest.param({"license": None, "keywords": None}, id="nothing"),
        pytest.param({"summaries": ["x"], "item_assets": ["x"], "assets": ["x"]}, id="lists for objects"),
        pytest.param({"cube:variables": ["x"], "table:columns": {"x": 1}, "bands": {"x": 1}}, id="lists for tables"),
        pytest.param({"keywords": "sst", "providers": "x", "title": 7, "gaia:pole": None}, id="texts for lists"),
    ],
)
def test_odd_collections_are_no_error(odd: dict[str, object]) -> None:
    described = collection("x", "X") | odd
    assert facet_values(described)["pole"] == ()
    assert texts(described).title


def test_people_read_words_in_their_language() -> None:
    assert facet_name("platform", FRENCH) == "Plateforme"
    assert facet_title("period", "1990s", FRENCH) == "années 1990"
    assert facet_title("resolution", "10m-100m", ENGLISH) == "10 m – 100 m"
    assert facet_title("pole", "climeri", FRENCH) == "CLIMERI-France"
    assert facet_title("format", "netcdf", ENGLISH) == "NetCDF"
    assert facet_title("access", "here", FRENCH) == "s’ouvre ici"


def test_variables_are_concepts_whatever_they_are_called() -> None:
    cube = {"tos": {"dimensions": []}, "x": {"standard_name": "sea_surface_foundation_temperature"}}
    assert values("variable", **{"cube:variables": cube}) == ("sea_surface_temperature", "temperature")
    assert values("variable", keywords=["salinité"]) == ("sea_water_salinity",)
    assert facet_title("variable", "sea_surface_temperature", FRENCH) == "température de surface de la mer"


def test_a_standard_name_that_is_no_concept_stays_itself() -> None:
    odd = {"v": {"standard_name": "tendency_of_something"}}
    assert values("variable", **{"cube:variables": odd}) == ("tendency_of_something",)
    assert facet_title("variable", "tendency_of_something", ENGLISH) == "tendency of something"


def test_platforms_are_found_in_summaries_keywords_and_title() -> None:
    assert values("platform", summaries={"platform": ["sentinel-2a"]}) == ("sentinel-2", "sentinel", "satellite")
    assert values("platform", summaries={"platform": ["Nautile 1"]}) == ("nautile-1",)
    assert values("platform", keywords=["landsat8"])[0] == "landsat-8"


def test_hostile_values_are_left_out() -> None:
    assert values("licence", license="x" * 101) == ()
    assert values("licence", license="a\u202eb") == ()
    assert values("licence", license="\ud800") == ()
    assert len(values("platform", summaries={"platform": [f"p{n}" for n in range(10_000)]})) == 100
    assert values("platform", summaries={"platform": ["<script>alert(1)</script>"]}) == ("script-alert-1-script",)
