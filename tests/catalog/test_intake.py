import json
import subprocess
import sys

import pytest

from gaia_vre.catalog.reader import Catalog


@pytest.fixture
def cat(prepared, catalog_environment):
    from gaia_vre.catalog.intake import GaiaCatalog

    return GaiaCatalog(Catalog(prepared / "catalog"))


def test_intake_finds_the_catalog_in_a_fresh_interpreter(catalog_environment) -> None:
    code = (
        "import json, sys, intake;"
        "before = [name for name in sys.modules if name.startswith('gaia_vre')];"
        "print(json.dumps([before, list(intake.cat), list(intake.cat.gaia)]))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, env=catalog_environment)
    before, top, entries = json.loads(run.stdout)
    assert before == []
    assert "gaia" in top
    assert "ostia-monthly" in entries


def test_intake_lists_what_opens_here(cat, catalog: Catalog) -> None:
    assert set(cat) == {one.id for one in catalog if one.opens_here}


def test_every_entry_opens_as_gaia_opens_it(cat, catalog: Catalog) -> None:
    for name in cat:
        assert type(cat[name].to_dask()) is type(catalog.open(name))


def test_items_and_files_are_walked_as_intake_stac_has_them(cat) -> None:
    source = cat["ostia-monthly"]["ostia-monthly"]["data"]
    assert source.to_dask()["surface_temperature"].chunks is not None
    assert source.read()["surface_temperature"].chunks is None


def test_a_dataset_without_item_has_its_files_on_the_collection(cat) -> None:
    assert list(cat["olinda-landsat7"]) == ["data"]
    assert cat["olinda-landsat7"].read().sizes["band"] == 6


def test_chunks_can_be_chosen(cat) -> None:
    source = cat["ostia-monthly"]["ostia-monthly"]["data"](chunks={"time": 54})
    assert source.to_dask()["surface_temperature"].chunksizes["time"] == (54,)


def test_the_catalog_is_written_for_other_programs(catalog: Catalog, catalog_environment, tmp_path) -> None:
    import intake
    from click.testing import CliRunner

    from gaia_vre.cli.catalog import catalog as command

    written = CliRunner().invoke(command, ["intake"], catch_exceptions=False).output
    (tmp_path / "gaia.yaml").write_text(written)
    entries = intake.open_catalog(str(tmp_path / "gaia.yaml"))
    assert {name.partition(".")[0] for name in entries} == {one.id for one in catalog if one.opens_here}
    for name in entries:
        assert entries[name].to_dask() is not None
