from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gaia_vre.bundles.model import Happened, Person, Pinned, ProjectFacts, Used

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def facts(**changed: object) -> ProjectFacts:
    said: dict[str, object] = {
        "slug": "ocean-heat",
        "title": "Ocean heat",
        "description": "Heat of the ocean",
        "starts": datetime(2026, 1, 1, tzinfo=UTC),
        "ends": NOON,
        "exported": NOON,
        "exported_by": "ada",
        "members": (Person(username="ada", role="owner"), Person(username="bob", role="viewer", until=NOON)),
        "environment": Pinned(name="pangeo", digest="sha256:0123"),
        "datasets": (Used(id="ostia", title="OSTIA", doi="10.48670/moi-00168", citation="OSTIA, 2026"),),
        "history": (Happened(at=NOON, by="eve", kind="looked"),),
    }
    return ProjectFacts.model_validate(said | changed)


HOSTILE = [b"\xff\xfe.nc", b"two\nlines", b"100%25", b"year=2020", b"a~0A", "été".encode(), b"back\\slash", b"x" * 250]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project's folder with whatever people make."""
    root = tmp_path / "projects" / "ocean-heat"
    (root / "runs" / "1").mkdir(parents=True)
    (root / "empty").mkdir()
    (root / "runs" / "1" / "sst.txt").write_text("12.5\n")
    (root / "runs" / "latest").symlink_to("1")
    (tmp_path / "secret").write_text("of somebody else")
    (root / "stolen").symlink_to(tmp_path / "secret")
    os.mkfifo(root / "pipe")
    for name in HOSTILE:
        Path(os.fsdecode(os.fsencode(root) + b"/" + name)).write_bytes(name)
    return root


def tree(folder: Path) -> dict[bytes, bytes | None]:
    """Return paths and contents below a folder; of folders, links and others the path alone."""
    found: dict[bytes, bytes | None] = {}
    for base, below, names in os.walk(os.fsencode(folder)):
        for name in [*below, *names]:
            path = Path(os.fsdecode(base), os.fsdecode(name))
            plain = path.is_file() and not path.is_symlink()
            found[os.fsencode(path.relative_to(folder))] = path.read_bytes() if plain else None
    return found
