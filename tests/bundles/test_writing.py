"""Bags of projects, as the Library of Congress's own tool and RO-Crate's read them."""

from __future__ import annotations

import json
import os
import tracemalloc
from collections.abc import Iterable
from pathlib import Path

import bagit
import pytest
from rocrate.rocrate import ROCrate

from gaia_vre.bundles.journal import Journal
from gaia_vre.bundles.sinks import FolderSink
from gaia_vre.bundles.writing import Stopped, write_bag
from gaia_vre.core.errors import Conflict
from tests.bundles.conftest import HOSTILE, facts


def bag_of(folder: Path, place: Path, journal: Path | None = None) -> Path:
    with Journal(journal) as notes:
        receipt = write_bag(folder, facts(), FolderSink(place, "ocean-heat-1"), notes)
        notes.forget()
    return Path(receipt.where)


def test_a_bag_is_whole_for_the_tool_of_the_library_of_congress(folder: Path, tmp_path: Path) -> None:
    bag = bagit.Bag(str(bag_of(folder, tmp_path / "out")))
    bag.validate()
    assert bag.info["External-Identifier"] == "ocean-heat"
    files, size = (
        len(HOSTILE) + 2,
        sum(one.stat().st_size for one in (Path(bag.path) / "data").rglob("*") if one.is_file()),
    )
    assert bag.info["Payload-Oxum"] == f"{size}.{files}"


def test_its_payload_is_a_crate(folder: Path, tmp_path: Path) -> None:
    crate = ROCrate(bag_of(folder, tmp_path / "out") / "data")
    assert crate.name == "Ocean heat"
    assert crate.dereference("#role-bob")["roleName"] == "viewer"
    assert crate.dereference("#environment")["version"] == "sha256:0123"
    assert crate.root_dataset["citation"][0]["name"] == "OSTIA"
    assert {one.id for one in crate.root_dataset["mentions"]} == {"#event-0"}
    for one in crate.data_entities:
        assert (Path(tmp_path, "out/ocean-heat-1/data") / one.id.replace("%C3%A9", "é").replace("%3D", "=")).exists()


def test_links_are_told_of_and_not_followed(folder: Path, tmp_path: Path) -> None:
    bag = bag_of(folder, tmp_path / "out")
    assert not any(b"of somebody" in one.read_bytes() for one in bag.rglob("*") if one.is_file())
    lines = [json.loads(line) for line in (bag / "gaia-tree.jsonl").read_text().splitlines()]
    kinds = {one["path"].removeprefix("data/files/"): one["kind"] for one in lines}
    assert kinds["stolen"] == kinds["runs/latest"] == "link"
    assert (kinds["pipe"], kinds["empty"], kinds["two~0Alines"]) == ("left", "folder", "file")
    assert "year=2020" not in kinds


def test_a_receipt_stands_beside_the_bag(folder: Path, tmp_path: Path) -> None:
    with Journal() as notes:
        receipt = write_bag(folder, facts(), FolderSink(tmp_path / "out", "b"), notes)
    assert json.loads((tmp_path / "out" / "b.receipt.json").read_text()) == vars(receipt)
    assert (receipt.files, receipt.left_out) == (len(HOSTILE) + 2, 1)


def test_what_is_there_is_never_written_over(folder: Path, tmp_path: Path) -> None:
    bag_of(folder, tmp_path / "out")
    with pytest.raises(Conflict, match="is there already"):
        bag_of(folder, tmp_path / "out")


class Dying(FolderSink):
    """A folder whose writer is killed after some files."""

    left = 4

    def put(self, path: str, chunks: Iterable[bytes]) -> None:
        self.left -= 1
        if self.left < 0:
            self._made.joinpath("data/files/cut").write_bytes(b"half")
            raise KeyboardInterrupt
        super().put(path, chunks)


def test_a_killed_export_goes_on_where_it_was(folder: Path, tmp_path: Path) -> None:
    out, journal = tmp_path / "out", tmp_path / "journal"
    with pytest.raises(KeyboardInterrupt), Journal(journal) as notes:
        write_bag(folder, facts(), Dying(out, "ocean-heat-1"), notes)
    assert [one.name for one in out.iterdir()] == [".ocean-heat-1.partial"]
    first = {one: one.stat().st_mtime_ns for one in (out / ".ocean-heat-1.partial").rglob("*") if one.is_file()}
    (folder / "runs" / "1" / "sst.txt").unlink()
    bag = bag_of(folder, out, journal)
    bagit.Bag(str(bag)).validate()
    kept = [bag / one.relative_to(out / ".ocean-heat-1.partial") for one in first if one.name != "cut"]
    assert [one.stat().st_mtime_ns for one in kept] == [
        first[out / ".ocean-heat-1.partial" / one.relative_to(bag)] for one in kept
    ]
    assert not journal.exists()


def test_a_stop_is_heard_between_files(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(Stopped), Journal() as notes:
        write_bag(folder, facts(), FolderSink(tmp_path / "out", "b"), notes, lambda: True)


def test_a_sparse_file_stays_sparse_and_needs_no_memory(tmp_path: Path) -> None:
    root = tmp_path / "project"
    root.mkdir()
    with (root / "huge").open("wb") as file:
        file.truncate(300 << 20)
        file.seek(100 << 20)
        file.write(b"here")
    tracemalloc.start()
    bag = bag_of(root, tmp_path / "out")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    copied = (bag / "data/files/huge").stat()
    assert (copied.st_size, copied.st_blocks * 512 < 4 << 20, peak < 16 << 20) == (300 << 20, True, True)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_what_cannot_be_read_is_listed(tmp_path: Path) -> None:
    root = tmp_path / "project"
    (root / "closed").mkdir(parents=True)
    (root / "locked").write_text("x")
    (root / "locked").chmod(0)
    (root / "closed").chmod(0)
    lines = (bag_of(root, tmp_path / "out") / "gaia-tree.jsonl").read_text()
    (root / "closed").chmod(0o700)
    assert lines.count("cannot be read") == 2
