"""Bags that come in: whole ones become what they were, others leave nothing."""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from pathlib import Path

import pytest

from gaia_vre.bundles.journal import Journal
from gaia_vre.bundles.reading import Bounds, ZipBag, leads_inside, pack
from gaia_vre.bundles.sinks import FolderSink, ZipSink
from gaia_vre.bundles.writing import write_bag
from gaia_vre.core.errors import InvalidInput, TooLarge
from tests.bundles.conftest import facts, tree

ROOM = Bounds(10 << 20, 1000)


def zipped(folder: Path) -> io.BytesIO:
    stream = io.BytesIO()
    with Journal() as notes:
        write_bag(folder, facts(), ZipSink(stream, "heat", "heat.zip"), notes)
    return stream


def changed(stream: io.BytesIO, path: str, content: bytes | None, *, honest: bool = False) -> io.BytesIO:
    """Return a bag with another content of one file; an honest liar writes its manifests anew."""
    with zipfile.ZipFile(stream) as old:
        files = {one.removeprefix("heat/"): old.read(one) for one in old.namelist()}
    files.pop(path, None)
    files |= {} if content is None else {path: content}
    if honest:
        data = sorted(one for one in files if one.startswith("data/"))
        files["manifest-sha256.txt"] = manifest(files, data)
        tags = sorted(one for one in files if not one.startswith(("data/", "tagmanifest")))
        files["tagmanifest-sha256.txt"] = manifest(files, tags)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as new:
        for name, each in files.items():
            new.writestr(f"heat/{name}", each)
    return made


def manifest(files: dict[str, bytes], names: list[str]) -> bytes:
    return "".join(f"{hashlib.sha256(files[one]).hexdigest()}  {one}\n" for one in names).encode()


def test_a_project_comes_back_as_it_was(folder: Path, tmp_path: Path) -> None:
    bag = ZipBag(zipped(folder), ROOM)
    assert bag.facts == facts()
    assert bag.unpack(tmp_path / "again") > 5
    before, after = tree(folder), tree(tmp_path / "again")
    # A pipe is no file, and a link out of the project is none of it.
    assert before.keys() - after.keys() == {b"pipe", b"stolen"}
    assert all(after[path] == content for path, content in before.items() if path in after)
    assert (tmp_path / "again" / "runs" / "latest").readlink() == Path("1")


def test_a_folder_is_packed_for_the_way(folder: Path, tmp_path: Path) -> None:
    with Journal() as notes:
        write_bag(folder, facts(), FolderSink(tmp_path, "heat"), notes)
    stream = io.BytesIO()
    pack(tmp_path / "heat", stream)
    ZipBag(stream, ROOM).unpack(tmp_path / "again")
    assert tree(tmp_path / "again")[b"runs/1/sst.txt"] == b"12.5\n"
    (tmp_path / "heat" / "data" / "x").symlink_to("/etc/passwd")
    with pytest.raises(InvalidInput, match="is a link"):
        pack(tmp_path / "heat", io.BytesIO())


@pytest.mark.parametrize(
    ("path", "content", "said"),
    [
        ("data/files/runs/1/sst.txt", b"12.6\n", "is not what its manifest says"),
        ("data/files/runs/1/sst.txt", None, "is missing"),
        ("data/files/added", b"x", "is in no manifest"),
        ("gaia-project.json", b"{}", "is not what its manifest says"),
        ("bagit.txt", None, "it has no bagit.txt"),
        ("bagit.txt", b"BagIt-Version: 7\n", "no bag of BagIt"),
        ("manifest-sha256.txt", b"zz\n", "is not what its manifest says"),
    ],
)
def test_a_damaged_bag_is_refused(folder: Path, tmp_path: Path, path: str, content: bytes, said: str) -> None:
    stream = changed(zipped(folder), path, content)
    with pytest.raises(InvalidInput, match=said):
        ZipBag(stream, ROOM).unpack(tmp_path / "again")


@pytest.mark.parametrize("path", ["data/files/../../../out", "/etc/out", "data//files/out", "data/files/a\nb", "C:/x"])
def test_a_path_that_leads_out_is_refused(folder: Path, tmp_path: Path, path: str) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        made.writestr(f"heat/{path}" if not path.startswith(("/", "C:")) else path, b"x")
    with pytest.raises(InvalidInput, match=r"no path|character"):
        ZipBag(stream, ROOM)


def test_a_link_in_the_archive_is_refused() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        entry = zipfile.ZipInfo("heat/data/files/x")
        entry.external_attr = 0o120777 << 16
        made.writestr(entry, "/etc/passwd")
    with pytest.raises(InvalidInput, match="is a link"):
        ZipBag(stream, ROOM)


def line(path: str, kind: str, raw: bytes, target: bytes = b"") -> bytes:
    import base64

    said = {"path": path, "kind": kind, "raw": base64.b64encode(raw).decode()}
    return json.dumps(said | {"target": base64.b64encode(target).decode()}).encode() + b"\n"


@pytest.mark.parametrize("raw", [b"../out", b"/etc/out", b"runs/./x", b"other", b"a\0b", b""])
def test_a_name_that_an_honest_liar_writes_down_is_refused(folder: Path, tmp_path: Path, raw: bytes) -> None:
    told = line("data/files/runs/1/sst.txt", "file", raw)
    stream = changed(zipped(folder), "gaia-tree.jsonl", told, honest=True)
    with pytest.raises(InvalidInput, match=r"no path|another file"):
        ZipBag(stream, ROOM).unpack(tmp_path / "again")
    assert not (tmp_path / "out").exists()


def test_nothing_is_written_through_a_link(folder: Path, tmp_path: Path) -> None:
    told = line("data/files/runs", "link", b"runs", os.fsencode(tmp_path))
    stream = changed(zipped(folder), "gaia-tree.jsonl", told, honest=True)
    ZipBag(stream, ROOM).unpack(tmp_path / "again")
    assert (tmp_path / "again" / "runs").is_dir()
    assert not (tmp_path / "again" / "runs").is_symlink()


def test_no_link_is_made_behind_another(folder: Path, tmp_path: Path) -> None:
    told = line("data/files/d", "link", b"d", b".") + line("data/files/d/x", "link", b"d/x", b"..")
    stream = changed(zipped(folder), "gaia-tree.jsonl", told, honest=True)
    with pytest.raises(InvalidInput, match="behind a link"):
        ZipBag(stream, ROOM).unpack(tmp_path / "again")


@pytest.mark.parametrize(
    ("raw", "target", "inside"),
    [
        (b"a/latest", b"../runs/1", True),
        (b"latest", b"runs", True),
        (b"latest", b"../other", False),
        (b"a/latest", b"../../x", False),
        (b"latest", b"/etc/passwd", False),
        (b"latest", b"runs/../../x", False),
        (b"latest", b"", False),
    ],
)
def test_links_lead_inside_or_nowhere(raw: bytes, target: bytes, inside: bool) -> None:
    assert leads_inside(raw, target) is inside


def test_a_bag_that_is_too_large_is_refused_before_it_is_unpacked(folder: Path) -> None:
    stream = zipped(folder)
    with pytest.raises(TooLarge, match="bytes; 100 are the limit"):
        ZipBag(stream, Bounds(100))
    with pytest.raises(TooLarge, match="entries; 2 are the limit"):
        ZipBag(stream, Bounds(1 << 30, 2))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x00" * 100])
def test_what_is_no_archive_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidInput, match="no ZIP file"):
        ZipBag(io.BytesIO(content), ROOM)
