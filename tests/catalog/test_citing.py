"""How a dataset is cited, and what a notebook used."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

import gaia_vre as gaia
from gaia_vre.catalog import session
from gaia_vre.catalog.citing import Citation, cite, escaped
from gaia_vre.catalog.model import Dataset, Licence, Provider
from gaia_vre.catalog.reader import Catalog
from gaia_vre.core.errors import InvalidInput

ICE = Dataset(
    "glace_été", "Épaisseur & âge de la glace {100 %}", "…", doi="10.1000/x_y",
    licence=Licence("Etalab 2.0"), providers=(Provider("Météo-France", ("producer",)), Provider("AERIS", ("host",))),
)  # fmt: skip


@pytest.fixture(autouse=True)
def fresh_session():
    session.forget()
    yield
    session.forget()


def test_bibtex_is_ascii_and_escaped() -> None:
    entry = cite(ICE).bibtex
    assert entry.isascii()
    assert entry.startswith("@misc{gaia:glace-t,")
    assert r"author = {{M{\'e}t{\'e}o-France}}" in entry
    assert r"title = {{{\'E}paisseur \& {\^a}ge de la glace \{100 \%\}}}" in entry
    assert "doi = {10.1000/x_y}" in entry
    assert "publisher = {AERIS}" in entry


@pytest.mark.parametrize(
    ("text", "tex"),
    [
        ("a_b", r"a\_b"), ("50 %", r"50 \%"), ("~^\\", r"\textasciitilde{}\textasciicircum{}\textbackslash{}"),
        ("Œuvre ç ñ", r"{\OE}uvre {\c c} {\~n}"), ("naïve Čapek", r'na{\"\i}ve {\v C}apek'), ("海", "海"),
        ("two\nlines", "two lines"), ("e\u0301", r"{\'e}"),
    ],
)  # fmt: skip
def test_letters_become_what_tex_reads(text: str, tex: str) -> None:
    assert escaped(text) == tex


def test_every_entry_of_the_catalog_is_sound(catalog: Catalog) -> None:
    whole = Citation(tuple((one.dataset, ()) for one in catalog))
    keys = re.findall(r"^@misc\{([^,]+),$", whole.bibtex, re.MULTILINE)
    assert len(keys) == len(catalog)
    assert len({key.lower() for key in keys}) == len(keys)
    for entry in whole.bibtex.split("\n\n"):
        plain = entry.replace("\\{", "").replace("\\}", "")
        assert plain.count("{") == plain.count("}")
    json.dumps(whole.datacite)


def test_ids_that_look_alike_have_keys_of_their_own() -> None:
    twins = Citation(tuple((replace(ICE, id=name), ()) for name in ("a/b", "a b", "A-B")))
    assert re.findall(r"@misc\{(.*),", twins.bibtex) == ["gaia:a-b", "gaia:a-b-2", "gaia:A-B-3"]


def test_unknown_stays_unknown() -> None:
    bare = Dataset("x", "X", "About X")
    assert "author" not in cite(bare).bibtex
    assert "doi" not in cite(bare).bibtex
    record = cite(bare).datacite
    assert "doi" not in record
    assert record["gaia:unknown"] == ["doi", "creators", "publisher", "publicationYear"]


def test_datacite_has_what_is_known(catalog: Catalog) -> None:
    record = cite(ICE).datacite
    assert record["doi"] == "10.1000/x_y"
    assert record["creators"] == [{"name": "Météo-France", "nameType": "Organizational"}]
    assert record["rightsList"] == [{"rights": "Etalab 2.0"}]
    box = catalog["ostia-monthly"].cite().datacite["geoLocations"][0]["geoLocationBox"]
    assert box["northBoundLatitude"] == pytest.approx(4.44, abs=0.1)


@pytest.mark.usefixtures("catalog_environment")
def test_what_was_opened_is_cited_with_day_and_selection() -> None:
    gaia.open("ostia-monthly", time="2008", bbox=(-30, -2, 20, 2))
    gaia.open("ostia-monthly", time=slice("2008-01", None))
    gaia.open("olinda-landsat7")
    cited = gaia.cited()
    today = datetime.now(UTC).date().isoformat()
    assert len(cited) == 2
    assert f"{today} (time 2008, bbox -30, -2, 20, 2), {today} (time 2008-01 to …)" in cited.text
    assert f"urldate = {{{today}}}" in cited.bibtex
    assert "selection: time 2008" in cited.bibtex


@pytest.mark.usefixtures("catalog_environment")
def test_what_was_refused_is_not_cited() -> None:
    with pytest.raises(InvalidInput):
        gaia.open("ostia-monthly", time="1999")
    assert gaia.cited().text == ""
    assert repr(gaia.cited()) == "Nothing was opened yet"
    assert "Nothing was opened" in gaia.cited()._repr_html_()


def test_what_intake_opened_is_cited(catalog: Catalog, prepared: Path) -> None:
    from gaia_vre.catalog.intake import GaiaCatalog

    entries = GaiaCatalog(catalog)
    entries["ostia-monthly"].to_dask()
    entries["olinda-landsat7"]["data"].to_dask()
    assert [dataset.id for dataset, _ in gaia.cited().entries] == ["ostia-monthly", "olinda-landsat7"]


def test_a_loop_keeps_no_more_than_its_share() -> None:
    for year in range(1000):
        session.remember(ICE, {"time": year})
    assert len(gaia.cited().entries[0][1]) == session.USES


def test_html_is_escaped() -> None:
    shown = cite(replace(ICE, title="<script>alert(1)</script>"))._repr_html_()
    assert "<script>" not in shown
