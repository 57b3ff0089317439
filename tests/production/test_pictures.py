"""Pictures of the data: each kind has one, drawn once, named in the catalog."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path

import pytest
from PIL import Image

from gaia_vre.catalog.curated import Description, load_descriptions
from gaia_vre.production.pictures import draw, read_pictures, undrawn
from gaia_vre.production.plan import MARKERS
from gaia_vre.production.prepare import draw_pictures

OF_EACH_KIND = {
    "a field": "cams-pm10-2020-01-02",
    "a short period along the equator": "ostia-monthly",
    "an image": "olinda-landsat7",
    "points": "usgs-earthquakes-2024",
    "a profile": "sirta-palaiseau-cl31",
    "traces": "iu-adk-afi-2010-02-27",
    "a response": "geoscope-can-station",
}
pytestmark = pytest.mark.filterwarnings("ignore")


def description(name: str) -> Description:
    return next(one for one in load_descriptions() if one.id == name)


@pytest.fixture
def data(prepared: Path, tmp_path: Path) -> Path:
    """A copy of the prepared data that a test may draw into."""
    shutil.copytree(prepared, tmp_path / "data", symlinks=True)
    return tmp_path / "data"


@pytest.mark.parametrize("name", OF_EACH_KIND.values(), ids=OF_EACH_KIND.keys())
def test_each_kind_of_data_has_a_quicklook_and_overviews(data: Path, name: str) -> None:
    draw(description(name), data)
    pictures = read_pictures(data, name)
    assert pictures is not None
    assert pictures[0].roles == ("thumbnail",)
    assert {one.key for one in pictures} >= {f"overview-{w}-{t}" for w in ("wide", "narrow") for t in ("light", "dark")}
    for one in pictures:
        image = Image.open(io.BytesIO((data / one.path).read_bytes()))
        assert len(image.convert("RGBA").getcolors(10**7) or ()) > 5, f"{one.key} shows nothing"
        assert one.bytes < 200_000


def test_what_is_drawn_is_not_drawn_again_until_the_data_change(data: Path) -> None:
    one = description("sirta-palaiseau-cl31")
    draw(one, data)
    assert undrawn([one], data) == []
    marker = data / MARKERS / f"{one.id}.json"
    marker.write_text(json.dumps(json.loads(marker.read_text()) | {"digest": "other data"}))
    assert undrawn([one], data) == [one]


def test_drawing_names_the_pictures_in_the_catalog(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = description("sirta-palaiseau-cl31")
    monkeypatch.setattr("gaia_vre.production.prepare.undrawn", lambda *_: [one])
    monkeypatch.setattr("gaia_vre.production.pictures.undrawn", lambda *_: [one])
    assert draw_pictures(data, lambda _: None) == []
    collection = json.loads((data / "catalog" / one.id / "collection.json").read_text())
    assert collection["assets"]["thumbnail"]["roles"] == ["thumbnail"]
    assert collection["assets"]["overview-wide-light"]["gaia:picture"]["kind"] == "profile"


def test_data_that_cannot_be_drawn_are_a_problem_of_one_line(data: Path) -> None:
    shutil.rmtree(data / "tables" / "sirta-palaiseau-cl31.parquet", ignore_errors=True)
    (data / "tables" / "sirta-palaiseau-cl31.parquet").write_bytes(b"no table")
    others = [one.id for one in load_descriptions() if one.sources and one.id != "sirta-palaiseau-cl31"]
    for name in others:
        (data / MARKERS / f"{name}.json").unlink()
    problems = draw_pictures(data, lambda _: None)
    assert len(problems) == 1
    assert "sirta-palaiseau-cl31: no picture could be drawn" in problems[0]
