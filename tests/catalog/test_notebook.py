"""What a notebook sees: gaia_vre itself, its texts and pages."""

import json
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

import gaia_vre as gaia
from gaia_vre.catalog.model import Dataset
from gaia_vre.catalog.reader import Catalog
from gaia_vre.catalog.views import dataset_page
from gaia_vre.core.errors import Unavailable

HEAVY = ("numpy", "xarray", "pydantic", "jinja2", "pandas", "dask", "gaia_vre.catalog")


class Balance(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, _: object) -> None:
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_importing_gaia_vre_imports_nothing_heavy() -> None:
    code = "import sys, json, gaia_vre; print(json.dumps(sorted(sys.modules)))"
    modules = json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout)
    assert not set(HEAVY) & set(modules)


@pytest.mark.usefixtures("catalog_environment")
def test_the_catalog_stays_callable_once_its_package_is_imported() -> None:
    assert len(gaia.catalog()) == len(gaia.catalog()) > 100
    assert gaia.search("ostia", pole="ODATIS")[0].id == "ostia-monthly"
    assert "tos" in gaia.open("nemo-tos-2015")


def test_a_missing_catalog_says_what_makes_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAIA_VRE_CATALOG", str(tmp_path))
    with pytest.raises(Unavailable, match="gaia-vre catalog prepare"):
        gaia.catalog()


def test_a_damaged_index_says_what_makes_it_anew(tmp_path: Path) -> None:
    (tmp_path / "index.json").write_text("{")
    with pytest.raises(Unavailable, match="damaged"):
        Catalog(tmp_path)


@pytest.mark.parametrize("look", [lambda c: c, lambda c: c.search("temperature"), lambda c: c.search("zzz")])
def test_pages_are_well_formed(catalog: Catalog, look: object) -> None:
    page = Balance()
    page.feed(look(catalog)._repr_html_())
    assert page.open == []


def test_every_dataset_has_a_page_and_a_text(catalog: Catalog) -> None:
    for one in catalog:
        page = Balance()
        page.feed(one._repr_html_())
        assert page.open == []
        assert repr(one).startswith(one.title)


def test_a_page_has_what_a_scientist_needs(catalog: Catalog) -> None:
    page = catalog["ostia-monthly"]._repr_html_()
    for needed in (
        "5°S to 4.44°N",
        "2006-04-16 to 2010-09-16",
        "54 × 18 × 432",
        ">K<",
        "Open Government",
        "Met Office",
    ):
        assert needed in page
    assert "gaia.open(&#34;ostia-monthly&#34;)" in page


def test_markup_in_a_title_stays_text() -> None:
    page = dataset_page(Dataset("x", "<script>alert(1)</script>", "", link="javascript:alert(1)", access="a"))
    assert "<script>" not in page
    assert "javascript:" not in page


def test_the_text_of_the_catalog_lists_what_opens(catalog: Catalog) -> None:
    assert "17 open here" in repr(catalog)
    assert "No datasets for “zzz”" in repr(catalog.search("zzz"))


def test_results_are_a_sequence(catalog: Catalog) -> None:
    results = catalog.search("temperature")
    assert len(results[:2]) == 2
    assert results[0].open() is not None
