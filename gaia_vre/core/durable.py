"""Write so that a crash leaves the old content or the new, never a part."""

from __future__ import annotations

import os
import shutil
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


PRIVATE = 0o600
"""Mode of a file that its owner alone reads."""


def write_text(path: Path, text: str, mode: int = 0o666) -> None:
    """Replace a file's content at once; a file that holds it already is left alone.

    Parameters
    ----------
    mode
        Of a file that is made, less the umask.
    """
    with suppress(OSError, UnicodeDecodeError):
        if path.read_text(encoding="utf-8") == text:
            return
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    flush(path.parent)


def put_in_place(made: Path, final: Path) -> None:
    """Flush a finished file or folder to disk and give it its final name, in place of an older one."""
    for path in (made, *(made.rglob("*") if made.is_dir() else ())):
        flush(path)
    final.parent.mkdir(parents=True, exist_ok=True)
    if final.is_dir():
        final.replace(made.with_name(f"{made.name}.old"))
    made.replace(final)
    flush(final.parent)


def empty_folder(folder: Path) -> Path:
    """Return the folder, made anew without content."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def flush(path: Path) -> None:
    """Have what was written to a file, or to the names in a folder, stand on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
