"""Write a project as a bag: BagIt 1.0 (RFC 8493), its payload an RO-Crate."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from gaia_vre.bundles.crate import crate
from gaia_vre.bundles.files import walk
from gaia_vre.bundles.model import (
    CRATE,
    DECLARATION,
    DECLARED,
    INFO,
    MANIFEST,
    PAYLOAD,
    PROJECT,
    TAG_MANIFEST,
    TREE,
    Receipt,
)
from gaia_vre.bundles.names import bag_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from gaia_vre.bundles.files import Found
    from gaia_vre.bundles.journal import Journal
    from gaia_vre.bundles.model import ProjectFacts
    from gaia_vre.bundles.sinks import Sink

_FIRST_LEVEL = 1000


class Stopped(Exception):
    """Writing was asked to stop; the next try goes on from here."""


def write_bag(
    folder: Path, facts: ProjectFacts, sink: Sink, journal: Journal, stopped: Callable[[], bool] = lambda: False
) -> Receipt:
    """Write a project's folder and what is known of it; return the receipt.

    What the journal has from an earlier try is not written again; whoever made it forgets it when the receipt is safe.

    Raises
    ------
    Stopped
        `stopped` said so.
    """
    if journal.goes_on:
        _clear(sink, journal)
    left = _write_payload(folder, sink, journal, stopped)
    entries = journal.first_level(PAYLOAD, _FIRST_LEVEL)
    _put(sink, journal, CRATE, crate(facts, entries))
    files, size = journal.totals()
    tags = {name: _written(sink, name, content) for name, content in _tags(facts, journal, files, size)}
    digest = _written(sink, TAG_MANIFEST, (_line(name, tags[name]) for name in sorted(tags)))
    sink.put(DECLARATION, [DECLARED])  # last: it makes a bag of the folder
    receipt = Receipt(facts.slug, sink.where, digest, files, size, left, facts.exported.isoformat(), facts.exported_by)
    told = json.dumps(asdict(receipt), indent=1)
    sink.put_beside(f"{sink.where.rpartition('/')[2]}.receipt.json", told.encode())
    journal.note_receipt(told)
    sink.finish()
    return receipt


def _clear(sink: Sink, journal: Journal) -> None:
    """Remove what a kill cut: files that the journal does not know."""
    for path in list(sink.names()):
        if not journal.knows(path):
            sink.remove(path)


def _write_payload(folder: Path, sink: Sink, journal: Journal, stopped: Callable[[], bool]) -> int:
    left = 0
    for found in walk(folder):
        if stopped():
            raise Stopped
        path = PAYLOAD + bag_name(found.raw)
        if found.kind != "file" or path != PAYLOAD + found.raw.decode("utf-8", "replace"):
            journal.note_tree(_tree_line(path, found))
        left += found.kind == "left"
        if found.kind == "file" and not _is_there(path, found, sink, journal):
            count = _Counting(found.chunks)
            sink.put(path, count)
            journal.note(path, count.size, found.changed_ns, count.digest)
    for path in journal.gone():
        sink.remove(path)
    return left


def _is_there(path: str, found: Found, sink: Sink, journal: Journal) -> bool:
    return journal.holds(path, found.size, found.changed_ns) and sink.size(path) == found.size


def _tags(facts: ProjectFacts, journal: Journal, files: int, size: int) -> Iterator[tuple[str, Iterable[bytes]]]:
    yield MANIFEST, (_line(path, digest) for path, digest in journal.written())
    yield INFO, [_info(facts, files, size)]
    yield PROJECT, [facts.model_dump_json(indent=1).encode()]
    yield TREE, (f"{line}\n".encode() for line in journal.tree())
    # The declaration is written last, and its digest known before.
    yield DECLARATION, [DECLARED]


def _put(sink: Sink, journal: Journal, path: str, content: bytes) -> None:
    sink.put(path, [content])
    journal.note(path, len(content), 0, hashlib.sha256(content).hexdigest())


def _written(sink: Sink, path: str, content: Iterable[bytes]) -> str:
    count = _Counting(content)
    if path == DECLARATION:
        for _ in count:
            pass
    else:
        sink.put(path, count)
    return count.digest


def _line(path: str, digest: str) -> bytes:
    return f"{digest}  {path}\n".encode()


def _info(facts: ProjectFacts, files: int, size: int) -> bytes:
    title = " ".join(facts.title.split())
    said = {
        "Source-Organization": facts.community or facts.platform,
        "External-Identifier": facts.slug,
        "External-Description": title,
        "Bagging-Date": f"{facts.exported:%Y-%m-%d}",
        "Bag-Software-Agent": facts.platform,
        "Payload-Oxum": f"{size}.{files}",
    }
    return "".join(f"{name}: {value}\n" for name, value in said.items()).encode()


def _tree_line(path: str, found: Found) -> str:
    said = {"path": path, "kind": found.kind, "raw": base64.b64encode(found.raw).decode()}
    if found.kind == "link":
        said["target"] = base64.b64encode(found.target).decode()
    return json.dumps(said | ({"why": found.why} if found.why else {}))


class _Counting:
    """Counts and digests what goes through."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks, self._digest, self.size = chunks, hashlib.sha256(), 0

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self._digest.update(chunk)
            self.size += len(chunk)
            yield chunk

    @property
    def digest(self) -> str:
        return self._digest.hexdigest()
