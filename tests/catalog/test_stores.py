"""Every kind of store does the same: one suite on files, HTTP, S3 and iRODS."""

import contextlib
import pickle
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from irods import exception as problems

from gaia_vre.catalog.formats.grids import read_netcdf, read_zarr
from gaia_vre.catalog.formats.images import read_image
from gaia_vre.catalog.formats.source import Source
from gaia_vre.catalog.replicas import ReplicaFileSystem, ReplicaNotice
from gaia_vre.catalog.sites import Place
from gaia_vre.core.errors import Unavailable
from tests.support.stores import KEYS, FakeGrid, amazon_of, web_of

STORES = ("file", "http", "s3", "s3 as anybody", "irods")
NAME = "ostia-monthly"


@dataclass
class Store:
    kind: str
    root: str
    endpoint: str | None
    fail: object = None

    def place(self, path: str, title: str = "Toulouse") -> Place:
        return Place(f"{self.root}/{path}", title, self.endpoint, 0.5)

    def files(self, path: str) -> ReplicaFileSystem:
        return ReplicaFileSystem(NAME, (self.place(path),))

    def source(self, path: str) -> Source:
        return Source(NAME, None, (self.place(path),))


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    for name in KEYS:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(params=STORES)
def store(request, prepared: Path, keys, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """The prepared data as one store hands it out."""
    with contextlib.ExitStack() as stack:
        yield make_store(request.param, stack, prepared, monkeypatch, tmp_path)


def make_store(kind: str, stack, data: Path, monkeypatch, tmp_path: Path) -> Store:
    if kind == "file":
        return Store(kind, f"file://{data}", None)
    if kind == "http":
        return Store(kind, stack.enter_context(web_of(data)).url, None)
    if kind.startswith("s3"):
        endpoint = stack.enter_context(amazon_of(data.parent, anonymous="anybody" in kind))
        for name, value in KEYS.items() if kind == "s3" else ():
            monkeypatch.setenv(name, value)
        return Store(kind, f"s3://{data.name}", endpoint)
    environment = tmp_path / "irods_environment.json"
    environment.write_text("{}")
    monkeypatch.setenv("IRODS_ENVIRONMENT_FILE", str(environment))
    grid = type("Grid", (FakeGrid,), {"folder": data})
    monkeypatch.setattr("irods.session.iRODSSession", grid)
    return Store(kind, f"irods://grid{abs(hash(tmp_path))}.example:1247/gaiaZone/home", None, grid)


def test_it_tells_what_is_there(store: Store, prepared: Path) -> None:
    files = store.files("cog/olinda-landsat7.tif")
    assert files.info("")["size"] == (prepared / "cog/olinda-landsat7.tif").stat().st_size
    zarr = store.files(f"zarr/{NAME}.zarr")
    assert zarr.exists("zarr.json")
    assert not zarr.exists("nothing")


def test_it_reads_ranges(store: Store, prepared: Path) -> None:
    content = (prepared / "cog/olinda-landsat7.tif").read_bytes()
    files = store.files("cog/olinda-landsat7.tif")
    assert files.cat_file("", 100, 200) == content[100:200]
    assert files.cat_file("", -50) == content[-50:]
    with files.open("") as stream:
        stream.seek(1000)
        assert stream.read(10) == content[1000:1010]


def test_it_lists(store: Store) -> None:
    names = store.files(f"zarr/{NAME}.zarr").ls("", detail=False)
    assert {"zarr.json", "surface_temperature"} <= set(names)


def test_a_zarr_store_opens_lazily_and_has_the_values(store: Store, prepared: Path) -> None:
    opened = read_zarr(store.source(f"zarr/{NAME}.zarr"))
    assert opened["surface_temperature"].chunks
    xr.testing.assert_identical(opened.load(), read_zarr(prepared / f"zarr/{NAME}.zarr").load())


def test_a_cog_opens_lazily_and_has_the_values(store: Store, prepared: Path) -> None:
    opened = read_image(store.source("cog/olinda-landsat7.tif"))
    assert opened.chunks
    np.testing.assert_array_equal(opened, read_image(prepared / "cog/olinda-landsat7.tif"))


def test_it_travels_to_dask_workers(store: Store) -> None:
    opened = read_zarr(store.source(f"zarr/{NAME}.zarr"))
    there = pickle.loads(pickle.dumps(opened["surface_temperature"][0, 0]))
    assert float(there.mean()) == float(opened["surface_temperature"][0, 0].mean())
    image = pickle.loads(pickle.dumps(read_image(store.source("cog/olinda-landsat7.tif"))))
    assert image[0, 0, 0].compute().ndim == 0


def test_what_is_missing_is_named(store: Store) -> None:
    with pytest.raises(Unavailable, match=r"ostia-monthly cannot be read.*Toulouse .*nothing\.nc\) is gone there"):
        read_netcdf(store.source("nothing.nc"))


def test_the_next_site_is_read_when_one_has_lost_it(store: Store, prepared: Path) -> None:
    here = Place(f"file://{prepared}/zarr/{NAME}.zarr", "Montpellier")
    files = Source(NAME, None, (store.place("lost.zarr"), here))
    with pytest.warns(ReplicaNotice, match="Toulouse is gone there; read from Montpellier"):
        opened = read_zarr(files)
    assert opened["surface_temperature"].shape == (54, 18, 432)


@pytest.mark.parametrize("fault", ["slow", "500", "cut"])
def test_a_server_that_fails_while_reading_is_replaced(prepared: Path, fault: str) -> None:
    with web_of(prepared) as near, web_of(prepared) as far:
        opened = read_zarr(_two(near, far, f"zarr/{NAME}.zarr"))
        near.fault = fault
        with pytest.warns(ReplicaNotice, match=r"Toulouse .*; read from Montpellier"):
            values = opened["surface_temperature"].load(scheduler="synchronous")
    np.testing.assert_array_equal(values, read_zarr(prepared / f"zarr/{NAME}.zarr")["surface_temperature"])


def test_a_store_that_vanishes_is_no_store_of_missing_chunks(prepared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gaia_vre.catalog.replicas.SEEN_SECONDS", 0)
    with web_of(prepared) as near, web_of(prepared) as far:
        opened = read_zarr(_two(near, far, f"zarr/{NAME}.zarr"))
        near.fault = "404"
        with pytest.warns(ReplicaNotice, match="Toulouse is gone there"):
            values = opened["surface_temperature"].load(scheduler="synchronous")
    np.testing.assert_array_equal(values, read_zarr(prepared / f"zarr/{NAME}.zarr")["surface_temperature"])


def test_an_image_goes_on_from_the_next_site(prepared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gaia_vre.catalog.replicas.BLOCK_BYTES", 4096)
    with web_of(prepared) as near, web_of(prepared) as far:
        opened = read_image(_two(near, far, "cog/olinda-landsat7.tif"))
        near.fault = "500"
        with pytest.warns(ReplicaNotice, match="fails with status 500"):
            values = opened.load(scheduler="synchronous")
    np.testing.assert_array_equal(values, read_image(prepared / "cog/olinda-landsat7.tif"))


def test_when_no_site_answers_each_is_named_with_its_reason(prepared: Path) -> None:
    with web_of(prepared) as near, web_of(prepared) as far:
        near.fault, far.fault = "slow", "403"
        with pytest.raises(Unavailable) as caught:
            read_zarr(_two(near, far, f"zarr/{NAME}.zarr?key=secret"))
    assert "Toulouse (http://127.0.0.1" in caught.value.message
    assert "does not answer within 0.5 s" in caught.value.message
    assert "Montpellier" in caught.value.message
    assert "refuses the keys" in caught.value.message
    assert "secret" not in caught.value.message


@pytest.mark.parametrize(
    ("fault", "said"), [("500", "fails with status 500"), ("404", "is gone"), ("slow", "does not answer within 0.5 s")]
)
def test_the_reason_is_the_real_one(prepared: Path, fault: str, said: str) -> None:
    with web_of(prepared) as web:
        web.fault = fault
        files = ReplicaFileSystem(NAME, (Place(f"{web.url}/cog/olinda-landsat7.tif", "Toulouse", None, 0.5),))
        with pytest.raises(Unavailable, match=said):
            files.info("")


def test_a_dask_worker_goes_on_from_the_next_site(prepared: Path, recwarn: pytest.WarningsRecorder) -> None:
    with web_of(prepared) as near, web_of(prepared) as far:
        opened = read_zarr(_two(near, far, f"zarr/{NAME}.zarr"))["surface_temperature"]
        near.fault = "500"
        mean = float(opened.mean().compute(scheduler="processes", num_workers=1))
    assert mean == float(read_zarr(prepared / f"zarr/{NAME}.zarr")["surface_temperature"].mean())


def test_the_nearest_is_asked_again_only_after_a_while(prepared: Path) -> None:
    with web_of(prepared) as near, web_of(prepared) as far:
        near.fault = "500"
        files = _two(near, far, f"zarr/{NAME}.zarr").files
        with pytest.warns(ReplicaNotice):
            files.cat_file("zarr.json")
        asked = len(near.asked)
        files.cat_file("zarr.json")
        assert len(near.asked) == asked


def _two(near, far, path: str) -> Source:
    places = (Place(f"{near.url}/{path}", "Toulouse", None, 0.5), Place(f"{far.url}/{path}", "Montpellier", None, 0.5))
    return Source(NAME, None, places)


def test_wrong_keys_are_said(prepared: Path, keys, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**KEYS, "AWS_SECRET_ACCESS_KEY": "wrong"}.items():
        monkeypatch.setenv(name, value)
    with amazon_of(prepared.parent) as endpoint:
        store = Store("s3", f"s3://{prepared.name}", endpoint)
        with pytest.raises(Unavailable, match="refuses the keys"):
            read_zarr(store.source(f"zarr/{NAME}.zarr"))


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (problems.CAT_INVALID_AUTHENTICATION(), "refuses the keys"),
        (problems.NetworkException("timed out"), "does not answer"),
    ],
    ids=["wrong password", "no network"],
)
def test_what_irods_says_is_said(prepared: Path, monkeypatch, tmp_path: Path, fault: Exception, said: str) -> None:
    store = make_store("irods", contextlib.ExitStack(), prepared, monkeypatch, tmp_path)
    store.fail.fault = fault
    with pytest.raises(Unavailable, match=said):
        read_zarr(store.source(f"zarr/{NAME}.zarr"))


def test_without_iinit_irods_says_what_to_call(prepared: Path, monkeypatch, tmp_path: Path) -> None:
    store = make_store("irods", contextlib.ExitStack(), prepared, monkeypatch, tmp_path)
    monkeypatch.setenv("IRODS_ENVIRONMENT_FILE", str(tmp_path / "none"))
    place = replace(store.place(f"zarr/{NAME}.zarr"), href="irods://other.example:1247/gaiaZone/home/zarr")
    with pytest.raises(Unavailable, match="call iinit"):
        read_zarr(Source(NAME, None, (place,)))


def test_the_fake_grid_has_what_the_real_session_has() -> None:
    from irods.manager.collection_manager import CollectionManager
    from irods.manager.data_object_manager import DataObjectManager
    from irods.session import iRODSSession

    real = iRODSSession(host="h", port=1, user="u", password="p", zone="z")
    assert {"connection_timeout", "data_objects", "collections"} <= set(dir(real))
    assert callable(DataObjectManager.get)
    assert callable(DataObjectManager.open)
    assert callable(CollectionManager.get)


def test_an_image_opened_in_one_thread_closes_in_another(prepared: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with web_of(prepared) as web, ThreadPoolExecutor(2) as pool:
        place = Place(f"{web.url}/cog/olinda-landsat7.tif", "Toulouse", None, 5)
        opened = pool.submit(read_image, Source(NAME, None, (place,))).result()
        there = pickle.dumps(opened)
        sums = pool.map(lambda _: int(pickle.loads(there).sum().compute(scheduler="synchronous")), range(6))
        assert set(sums) == {int(read_image(prepared / "cog/olinda-landsat7.tif").sum())}
        opened.close()
