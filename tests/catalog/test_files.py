"""Where files stand, and what is no place for one."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaia_vre.catalog.files import linked_href, linked_parts, place_of
from gaia_vre.catalog.model import Dataset, Rights
from gaia_vre.core.errors import InvalidInput

OPEN = Dataset("sst", "SST", "")
CLOSED = Dataset("sst", "SST", "", rights=Rights(groups=("ocean",)))
DATA = Path("/state/data")


def test_public_files_stand_below_the_data() -> None:
    assert place_of(OPEN, "zarr/a.zarr", DATA) == Path("/state/data/zarr/a.zarr")


def test_files_with_rights_have_an_address_that_tells_no_folder() -> None:
    assert place_of(CLOSED, "zarr/a.zarr", DATA) == "gaia://sst/zarr/a.zarr"
    assert linked_parts("gaia://sst/zarr/a.zarr") == ("sst", "zarr/a.zarr")


@pytest.mark.parametrize("dataset", [OPEN, CLOSED], ids=["public", "with rights"])
@pytest.mark.parametrize(
    "path",
    [
        *("file:///etc/passwd", "/etc/passwd", "../secrets.json", "zarr/../../secrets.json", "zarr//a", "", "."),
        *("a\\..\\b", "a\0b", "gaia://other/zarr", "gaia://sst/../x", "gaia://", "simplecache::file:///etc/passwd"),
    ],
)
def test_a_file_outside_is_refused(dataset: Dataset, path: str) -> None:
    with pytest.raises(InvalidInput):
        place_of(dataset, path, DATA)


@given(st.lists(st.sampled_from(["..", ".", "", "a", "b", "etc"]), min_size=1).map("/".join))
def test_whatever_is_named_stands_below(path: str) -> None:
    try:
        place = place_of(OPEN, path, DATA)
    except InvalidInput:
        return
    assert isinstance(place, Path)
    assert place.resolve().is_relative_to(DATA)
    assert linked_parts(linked_href("sst", path)) == ("sst", path)
