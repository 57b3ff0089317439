"""Files with rights have an address that tells no folder and reaches nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaia_vre.catalog.files import linked_asset, linked_href, linked_parts
from gaia_vre.catalog.model import Asset, Dataset, Rights
from gaia_vre.core.errors import InvalidInput

OPEN = Dataset("sst", "SST", "")
CLOSED = Dataset("sst", "SST", "", rights=Rights(groups=("ocean",)))


def asset(path: str) -> Asset:
    return Asset("data", path, "application/vnd.zarr", "Zarr", 1)


def test_files_with_rights_have_an_address_that_tells_no_folder() -> None:
    assert linked_asset(CLOSED, asset("zarr/a.zarr")).path == "gaia://sst/zarr/a.zarr"
    assert linked_parts("gaia://sst/zarr/a.zarr") == ("sst", "zarr/a.zarr")


def test_public_files_and_those_of_other_sites_stay_where_they_are() -> None:
    assert linked_asset(OPEN, asset("zarr/a.zarr")).path == "zarr/a.zarr"
    assert linked_asset(CLOSED, asset("https://data.example.org/a.tif")).path == "https://data.example.org/a.tif"


@pytest.mark.parametrize(
    "path",
    [
        *("file:///etc/passwd", "/etc/passwd", "../secrets.json", "zarr/../../secrets.json", "zarr//a", "", "."),
        *("a\\..\\b", "a\0b", "gaia://other/zarr", "gaia://sst/../x", "gaia://", "simplecache::file:///etc/passwd"),
    ],
)
def test_a_file_outside_is_refused(path: str) -> None:
    with pytest.raises(InvalidInput):
        linked_asset(CLOSED, asset(path))


@given(st.lists(st.sampled_from(["..", ".", "", "a", "b", "etc"]), min_size=1).map("/".join))
def test_whatever_is_named_stands_below(path: str) -> None:
    try:
        href = linked_href("sst", path)
    except InvalidInput:
        return
    assert linked_parts(href) == ("sst", path)
    assert not {"..", ".", ""} & set(path.split("/"))
