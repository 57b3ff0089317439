"""Bags in real stores: S3 and WebDAV by rclone's servers, iRODS by a fake of its session."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import bagit
import pytest

from gaia_vre.bundles.journal import Journal
from gaia_vre.bundles.places import check_address, sink_at
from gaia_vre.bundles.writing import Stopped, write_bag
from gaia_vre.core.errors import Conflict, InvalidInput, Unavailable
from tests.bundles.conftest import HOSTILE, facts
from tests.support.stores import KEYS, FakeGrid, amazon_of, free_port, webdav_of


@dataclass
class Store:
    address: str
    on_disk: Path
    """Where what stands at the address really is."""


@pytest.fixture(params=["s3", "webdav", "irods", "folder"])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    served = tmp_path / "served"
    (served / "archives").mkdir(parents=True)
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    if request.param == "folder":
        yield Store(str(served / "archives"), served / "archives")
    elif request.param == "s3":
        with amazon_of(served) as url:
            monkeypatch.setenv("AWS_ENDPOINT_URL_S3", url)
            yield Store("s3://archives/2026", served / "archives" / "2026")
    elif request.param == "webdav":
        monkeypatch.setenv("WEBDAV_USERNAME", KEYS["AWS_ACCESS_KEY_ID"])
        monkeypatch.setenv("WEBDAV_PASSWORD", KEYS["AWS_SECRET_ACCESS_KEY"])
        with webdav_of(served) as url:
            yield Store(f"{url}/archives", served / "archives")
    else:
        environment = tmp_path / "irods_environment.json"
        environment.write_text(json.dumps({"irods_user_name": "ada"}))
        monkeypatch.setenv("IRODS_ENVIRONMENT_FILE", str(environment))
        monkeypatch.setattr("irods.session.iRODSSession", type("Grid", (FakeGrid,), {"folder": served}))
        yield Store("irods://grid.example/gaiaZone/home/archives", served / "archives")


def test_a_bag_is_whole_wherever_it_is_written(folder: Path, store: Store) -> None:
    with Journal() as notes, sink_at(store.address, "heat") as sink:
        receipt = write_bag(folder, facts(), sink, notes)
    assert receipt.where == f"{store.address}/heat"
    bagit.Bag(str(store.on_disk / "heat")).validate()
    assert {one.name for one in store.on_disk.iterdir()} == {"heat", "heat.receipt.json"}
    assert receipt.files == len(HOSTILE) + 2
    with pytest.raises(Conflict, match="is there already"), sink_at(store.address, "heat"):
        pass


def test_an_export_that_was_cut_goes_on(folder: Path, store: Store, tmp_path: Path) -> None:
    asked = iter([False, False, False, False, True])
    with pytest.raises(Stopped), Journal(tmp_path / "journal") as notes, sink_at(store.address, "heat") as sink:
        write_bag(folder, facts(), sink, notes, lambda: next(asked))
    assert not list(store.on_disk.rglob("bagit.txt"))
    with Journal(tmp_path / "journal") as notes, sink_at(store.address, "heat") as sink:
        assert notes.totals()[0] >= 2
        write_bag(folder, facts(), sink, notes)
    bagit.Bag(str(store.on_disk / "heat")).validate()


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("ftp://somewhere/x", "is no place for a bag"),
        ("webdavs://ada:secret@store.example/x", "holds a name or password"),
        ("s3://", "names no place"),
        ("irods://grid.example", "names no place"),
    ],
)
def test_an_address_that_is_none_is_refused_and_no_password_repeated(address: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said) as refused:
        check_address(address)
    assert "secret" not in refused.value.message


@pytest.mark.parametrize("kind", ["s3", "webdav"])
def test_a_store_that_does_not_answer_is_named(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    port = free_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    address = "s3://archives/x" if kind == "s3" else f"webdav://127.0.0.1:{port}/x"
    with pytest.raises(Unavailable, match="does not answer"), sink_at(address, "heat"):
        pass
