from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from gaia_vre.hub.rescue import PAGE, prepare_rescue
from gaia_vre.isolation.bubblewrap import Confinement, bubblewrap, confined

FACTS = {"used_gib": 12.5, "limit_gib": 10, "largest": [{"path": "run/<b>out.nc", "size": 3 * 2**20}]}


def test_the_page_names_the_largest_files_in_both_languages(tmp_path: Path) -> None:
    prepare_rescue(tmp_path / "rescue", tmp_path, FACTS, bound=False)
    page = (tmp_path / "rescue" / PAGE).read_text()
    assert "12.5 GiB; the limit is 10 GiB" in page
    assert "Votre dossier personnel est plein" in page
    assert "3.0 MiB  full-home/run/<b>out.nc" in page


def test_a_new_rescue_leaves_the_full_home_as_it_is(tmp_path: Path) -> None:
    full, rescue = tmp_path / "ada", tmp_path / "rescue"
    full.mkdir()
    (full / "thesis").touch()
    prepare_rescue(rescue, full, FACTS, bound=False)
    (rescue / "lost").touch()
    prepare_rescue(rescue, full, FACTS, bound=False)
    assert (rescue / "full-home" / "thesis").exists()
    assert not (rescue / "lost").exists()


@pytest.mark.skipif(bubblewrap() is None, reason="bubblewrap does not work here")
def test_files_of_the_full_home_can_be_deleted_from_within(tmp_path: Path) -> None:
    full, rescue = tmp_path / "ada", tmp_path / "rescue"
    full.mkdir()
    (full / "big.nc").touch()
    place = prepare_rescue(rescue, full, FACTS, bound=True)
    program = bubblewrap()
    assert program
    subprocess.run(
        confined(["rm", "full-home/big.nc"], Confinement(rescue, placed=((full, place),)), program), check=True
    )
    assert list(full.iterdir()) == []
