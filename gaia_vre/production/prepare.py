"""Prepare the sample data and the catalog: what is missing or changed, in two processes, safe to interrupt.

Each dataset is made in a folder beside, flushed and renamed; then a marker with the digest of
sources and recipe says that it is done. The lock is handed to the worker processes, so a
preparation that was killed is over before the next one touches its files.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, replace
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from gaia_vre.catalog.curated import load_descriptions
from gaia_vre.catalog.engine.load import FILE, load
from gaia_vre.catalog.stac import INDEX, stac_files, write_files
from gaia_vre.core.errors import GaiaError, Unavailable
from gaia_vre.production.pictures import draw_all, hide_pictures, read_pictures, undrawn
from gaia_vre.production.plan import MARKERS, WORKING, check_sources, digest_of, hide_files, read_marker, working_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from gaia_vre.catalog.curated import Description
    from gaia_vre.catalog.model import Dataset

PROCESSES = 2


@dataclass(frozen=True)
class Progress:
    """One finished step; `problem` says why it could not be done."""

    step: str
    title: str
    done: int
    total: int
    problem: str | None = None


def prepare(data: Path, sources: Path, report: Callable[[Progress], None]) -> list[str]:
    """Bring the prepared data and the catalog up to date; return the problems, one line each.

    Raises
    ------
    Unavailable
        The data folder cannot be written, or the disk is full.
    """
    descriptions = load_descriptions()
    try:
        with _locked(data) as lock:
            return _prepare(descriptions, data, sources, report, lock)
    except OSError as error:
        raise Unavailable(_disk_problem(error, data)) from error


def draw_pictures(data: Path, report: Callable[[Progress], None]) -> list[str]:
    """Draw the pictures that are missing and name them in the catalog; return the problems, one line each.

    Nobody waits for pictures, so this runs when the rest is ready and gives way to other work.
    """
    descriptions = load_descriptions()
    titles = {one.id: one.dataset.title for one in descriptions}
    count = _Count(report, len(undrawn(descriptions, data)), done=0)
    problems = []
    for name, problem in draw_all(descriptions, data):
        count.finish(name, titles[name], problem)
        problems += [problem] if problem else []
    try:
        with _locked(data):
            _write_catalog(descriptions, data)
    except OSError as error:
        raise Unavailable(_disk_problem(error, data)) from error
    return problems


def is_prepared(data: Path) -> bool:
    """Tell whether every dataset with sources and the catalog are there, without looking at the sources."""
    return all((data / "catalog" / name).exists() for name in (INDEX, FILE)) and all(
        (marker := read_marker(data, one.id)) is not None and marker.digest == digest_of(one)
        for one in load_descriptions()
        if one.sources
    )


def _prepare(
    descriptions: tuple[Description, ...],
    data: Path,
    sources: Path,
    report: Callable[[Progress], None],
    lock: int,
) -> list[str]:
    _clear_unfinished(data)
    with_sources = [one for one in descriptions if one.sources]
    for one in with_sources:
        hide_files(one, data)
    titles = {one.id: one.dataset.title for one in with_sources}
    problems = _source_problems(with_sources, sources)
    pending = [one for one in with_sources if one.id not in problems and not _is_done(one, data)]
    count = _Count(report, len(with_sources) + 1, done=len(with_sources) - len(pending) - len(problems))
    for name, problem in problems.items():
        count.finish(name, titles[name], problem)
    for name, failure in _run(pending, data, sources, lock):
        count.finish(name, titles[name], failure)
        if failure:
            problems[name] = failure
    if not problems:
        _clear_unfinished(data)
    _write_catalog(descriptions, data)
    count.finish("catalog", "Catalog of all datasets", None)
    return list(problems.values())


def _clear_unfinished(data: Path) -> None:
    for restricted in (False, True):
        shutil.rmtree(working_folder(data, restricted=restricted), ignore_errors=True)


class _Count:
    def __init__(self, report: Callable[[Progress], None], total: int, done: int) -> None:
        self._report, self._total, self._done = report, total, done

    def finish(self, step: str, title: str, problem: str | None) -> None:
        self._done += 1
        self._report(Progress(step, title, self._done, self._total, problem))


def _source_problems(descriptions: list[Description], sources: Path) -> dict[str, str]:
    problems = {}
    for one in descriptions:
        try:
            check_sources(one, sources)
        except GaiaError as error:
            problems[one.id] = error.message
    return problems


def _is_done(description: Description, data: Path) -> bool:
    marker = read_marker(data, description.id)
    return marker is not None and marker.digest == digest_of(description)


def _run(pending: list[Description], data: Path, sources: Path, lock: int) -> Iterator[tuple[str, str | None]]:
    """Yield the id and the problem of each dataset as worker processes finish it; large ones first."""
    tasks: SimpleQueue[str] = SimpleQueue()
    answers: SimpleQueue[tuple[str, str | None]] = SimpleQueue()
    for one in sorted(pending, key=lambda one: -sum(source.bytes for source in one.sources)):
        tasks.put(one.id)
    (data / WORKING).mkdir(parents=True, exist_ok=True)
    workers = [_Worker(data, sources, lock, number) for number in range(min(PROCESSES, len(pending)))]
    threads = [threading.Thread(target=worker.serve, args=(tasks, answers), daemon=True) for worker in workers]
    try:
        for thread in threads:
            thread.start()
        for _ in pending:
            yield answers.get()
    finally:
        for worker in workers:
            worker.stop()


class _Worker:
    """A worker process, spoken to by one thread."""

    def __init__(self, data: Path, sources: Path, lock: int, number: int) -> None:
        self._log = data / WORKING / f"worker-{number}.log"
        with self._log.open("w", encoding="utf-8") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "gaia_vre.production.worker", str(data), str(sources)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                pass_fds=(lock,),
            )

    def serve(self, tasks: SimpleQueue[str], answers: SimpleQueue[tuple[str, str | None]]) -> None:
        while True:
            try:
                name = tasks.get_nowait()
            except Empty:
                return
            answers.put((name, self._ask(name)))

    def stop(self) -> None:
        self._process.kill()
        self._process.communicate()

    def _ask(self, name: str) -> str | None:
        try:
            print(name, file=self._process.stdin, flush=True)
            answer = self._process.stdout.readline() if self._process.stdout else ""
            problem: str | None = json.loads(answer)["problem"]
        except (OSError, ValueError):
            lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines() or ["it said nothing"]
            return f"{name}: the preparing process died: {lines[-1]}"
        return problem


def _write_catalog(descriptions: tuple[Description, ...], data: Path) -> None:
    from gaia_vre.core.durable import write_text

    hide_pictures(descriptions, data)
    write_files(data / "catalog", stac_files(_dataset(one, data) for one in descriptions), write_text)
    load(data / "catalog")


def _dataset(description: Description, data: Path) -> Dataset:
    """Return the dataset with what its files say; what people wrote about place and time comes first."""
    marker = read_marker(data, description.id) if description.sources else None
    dataset = description.dataset
    if marker and marker.restricted == (dataset.rights is not None):
        dataset = replace(dataset, facts=marker.facts)
    pictures = read_pictures(data, description.id) if marker and dataset.rights is None else None
    facts = replace(dataset.facts, pictures=pictures or ())
    if description.box:
        facts = replace(facts, box=description.box)
    if description.period:
        facts = replace(facts, period=description.period)
    return replace(dataset, facts=facts)


@contextmanager
def _locked(data: Path) -> Iterator[int]:
    (data / MARKERS).mkdir(parents=True, exist_ok=True)
    lock = os.open(data / MARKERS / "lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock
    finally:
        os.close(lock)


def _disk_problem(error: OSError, data: Path) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"{data}: no space left on the disk; free some and start again"
    return f"{data}: cannot be written ({error.strerror or error})"
