import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaia_vre.catalog.harvest.accepting import Accepted, accept, safe_id
from gaia_vre.catalog.harvest.checking import Refused
from gaia_vre.catalog.harvest.contract import Found, Source
from tests.support.harvest_cases import collection, item

SOURCE = Source(name="tested", kind="stac-api", url="https://stac.example.org/")


def taken(stac: object, source: Source = SOURCE) -> Accepted:
    return accept(Found(stac, source.url), source)


@given(st.text(min_size=1, max_size=200))
def test_any_id_becomes_a_name_that_stays_in_its_folder(text: str) -> None:
    name = safe_id(text)
    assert name.isascii()
    assert not set(name) & set("/\\:\0 ")
    assert ".." not in name
    assert not name.startswith((".", "-"))
    assert len(name) <= 128


def test_ids_that_look_alike_stay_apart() -> None:
    assert len({safe_id(one) for one in ("a/b", "a:b", "a b", "a-b", "a--b", "../a-b")}) == 6


def test_a_changed_id_is_kept_beside() -> None:
    described = taken(collection("../../etc/passwd"))
    assert described.path.startswith("etc-passwd---")
    assert described.stac["gaia:source_id"] == "../../etc/passwd"


def test_no_source_decides_what_runs_in_a_notebook_or_who_reads() -> None:
    pictured = {"href": "https://elsewhere.example.org/a.png", "gaia:picture": {"shape": 1}}
    given = {"gaia:example": ["import os"], "gaia:rights": {"groups": ["all"]}, "gaia:opens": True}
    stac = taken(collection("a", **given, assets={"look": pictured})).stac
    assert not given.keys() & stac.keys()
    assert "gaia:picture" not in stac["assets"]["look"]


@pytest.mark.parametrize(
    ("stac", "words"),
    [
        pytest.param("text", "an object expected", id="no object"),
        pytest.param({"type": "Catalog"}, "'Collection' or 'Feature'", id="another type"),
        pytest.param(collection(7), "id: a text expected", id="number as id"),
        pytest.param(collection("x" * 600), "at most 512", id="endless id"),
        pytest.param(collection("a\nb"), "cannot be shown", id="line break in the id"),
        pytest.param(collection("a", extent=[1]), "extent", id="extent a list"),
        pytest.param(collection("a", keywords="sea"), "keywords", id="keywords a text"),
        pytest.param(collection("a", x=[float("nan")]), "no JSON", id="not a number"),
        pytest.param(collection("a", title="\ud800"), "no JSON", id="half a character"),
        pytest.param(
            collection("a", extent={"temporal": {"interval": [["2020-01-02T00:00:00Z", "2020-01-01T00:00:00Z"]]}}),
            "before the start",
            id="reversed time",
        ),
        pytest.param(item("a", "b", bbox=[1, 50, 2, 44]), "bbox", id="south over north"),
        pytest.param(item("a", "b", properties=3), "properties", id="properties a number"),
        pytest.param(item("a", None), "collection", id="item of nothing"),
        pytest.param(item("a", "b", assets={"d": {"href": "file:///etc/passwd"}}), "no address", id="file on our disk"),
        pytest.param(item("a", "b", assets={"d": {"href": "javascript:alert(1)"}}), "no address", id="script"),
    ],
)
def test_what_is_wrong_is_refused_by_name(stac: object, words: str) -> None:
    with pytest.raises(Refused, match=words):
        taken(stac)


def test_a_huge_or_endlessly_deep_record_is_refused() -> None:
    deep: list = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(Refused, match="at most 2000000"):
        taken(collection("a", description="x" * 3_000_000))
    with pytest.raises(Refused, match="no JSON"):
        taken(collection("a", x=deep))


def test_what_is_missing_stays_unknown() -> None:
    bare = {"type": "Collection", "id": "a", "title": "A", "stac_version": "1.0.0"}
    described = taken(bare).stac
    assert described["gaia:unknown"] == ["description", "extent.spatial", "extent.temporal", "license"]
    assert described["license"] == "other"


def test_fields_known_to_be_wrong_are_not_taken_over() -> None:
    distrusting = SOURCE.model_copy(update={"distrusted": ("license", "extent.spatial")})
    described = taken(collection("a", license="Apache-2.0", **{"gaia:licence": "Apache-2.0"}), distrusting).stac
    assert described["license"] == "other"
    assert "gaia:licence" not in described
    assert described["gaia:unknown"] == ["extent.spatial", "license"]


def test_a_box_over_the_date_line_and_one_with_heights_are_taken() -> None:
    for box in ([170, -20, -170, -10], [1, 43, -5, 2, 44, 100]):
        assert taken(item("a", "b", bbox=box)).stac["bbox"] == box


def test_links_that_lead_nowhere_good_are_left_out() -> None:
    links = [{"rel": "license", "href": "javascript:alert(1)"}, {"rel": "next", "href": "https://x.org"}, 7]
    assert [one["rel"] for one in taken(collection("a", links=links)).stac["links"]] == ["root", "parent"]
