"""Put the example notebooks into a home, and keep them fresh without touching a person's work."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from pathlib import Path

from gaia_vre.core.examples import example_files

RECORD = ".copied.json"
"""In the folder of copies: the digest of each example as it was last copied."""


def copy_examples(source: Path, target: Path) -> list[str]:
    """Copy new and changed examples; return the names written, for the log.

    A copy that the person has not changed is replaced by a newer example. A changed one stays,
    and a newer example is put beside it once, as ``NAME.new.ipynb``. Each file appears whole or
    not at all, so this may be interrupted at any point and run again.
    """
    target.mkdir(parents=True, exist_ok=True)
    record = _read_record(target)
    written: list[str] = []
    for name in example_files(source):
        content = (source / name).read_bytes()
        digest = _digest(content)
        place = _place(target, name, digest, record)
        if place is not None:
            _write(target / place, content)
            written.append(place)
        copied = {name: digest, place or name: digest}
        if not copied.items() <= record.items():
            record |= copied
            _write(target / RECORD, json.dumps(record, indent=1, sort_keys=True).encode())
    return written


def _place(target: Path, name: str, digest: str, record: dict[str, str]) -> str | None:
    """Return the name to write an example under, or None when there is nothing to write."""
    path = target / name
    if not _present(path):
        return name
    theirs = _digest(path.read_bytes()) if path.is_file() else None
    if theirs == digest:
        return None
    if theirs is not None and theirs == record.get(name):
        return name
    beside = str(Path(name).with_suffix(f".new{path.suffix}"))
    if record.get(name) == digest or _was_changed(target, beside, record):
        return None
    return beside


def _was_changed(target: Path, name: str, record: dict[str, str]) -> bool:
    path = target / name
    return _present(path) and (not path.is_file() or _digest(path.read_bytes()) != record.get(name))


def _present(path: Path) -> bool:
    return os.path.lexists(path)


def _read_record(target: Path) -> dict[str, str]:
    """Return what was copied; a record that cannot be read counts as none, so nothing is overwritten."""
    try:
        record = json.loads((target / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(prefix=".copying-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            os.fchmod(file.fileno(), 0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
