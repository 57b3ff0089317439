"""What a sandbox starts from: one function for each kind puts it into the new home."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from gaia_vre.catalog.notebook import file_name, notebook
from gaia_vre.catalog.reader import Catalog
from gaia_vre.core.errors import InvalidInput, NotAllowed, NotFound, Unavailable, did_you_mean
from gaia_vre.core.examples import example_notebooks, examples_folder
from gaia_vre.core.state import StateFolder
from gaia_vre.projects.model import Actor
from gaia_vre.projects.rules import check_slug
from gaia_vre.sandboxes.addresses import read_address, read_path, read_reference
from gaia_vre.sandboxes.copying import Bound, copy_folder
from gaia_vre.sandboxes.repositories import take_repository

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from gaia_vre.core.repository_settings import Repositories
    from gaia_vre.core.settings import Settings
    from gaia_vre.projects.publishing import Publications, Shown
    from gaia_vre.projects.store import Mine, Projects
    from gaia_vre.sandboxes.model import Source, SourceKind

_LONGEST_ID = 400
_LONGEST_NUMBER = 15
_GIB = 2**30


@dataclass(frozen=True)
class Maker:
    """For whom a sandbox is furnished: what they may not read is not put into it."""

    username: str
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Stock:
    """What people share, of which a sandbox can be a copy."""

    projects: Projects
    publications: Publications


@dataclass(frozen=True)
class Furnished:
    """What stands in the home now."""

    title: str = ""
    """What people read of it; empty: the kind."""
    opens: str = ""
    """Path in the home that the lab shows first; empty: the launcher."""
    revision: str = ""
    """The commit that was really taken, where there is one."""


@dataclass(frozen=True)
class Order:
    """A home that is to be furnished; it exists and is empty."""

    source: Source
    home: Path
    maker: Maker
    settings: Settings
    stock: Stock | None = None


def check_source(source: Source, settings: Settings) -> Source:
    """Return the source as it is kept; nothing is asked of anybody.

    Raises
    ------
    InvalidInput
        Nothing here furnishes the kind, or a part of it is not what that kind needs.
    NotAllowed
        The settings do not let sandboxes start from there.
    """
    if source.kind not in KINDS:
        raise InvalidInput(f"A sandbox cannot start from {source.kind!r} here; it can from {', '.join(sorted(KINDS))}")
    if source.kind != "blank" and not source.reference:
        raise InvalidInput(f"A sandbox from {source.kind!r} needs the name or address that it starts from")
    return _CHECKS[source.kind](source, settings)


def furnish(source: Source, home: Path, maker: Maker, settings: Settings, stock: Stock | None = None) -> Furnished:
    """Put what a sandbox starts from into its home, which exists and is empty.

    Parameters
    ----------
    stock
        Projects and publications of which a sandbox may be a copy.

    Raises
    ------
    GaiaError
        There is no such thing, its maker may not read it, or it is too large.
    """
    order = Order(check_source(source, settings), home, maker, settings, stock)
    return KINDS[source.kind](order)


def check_there(source: Source, maker: Maker, settings: Settings, stock: Stock) -> None:
    """Refuse at once what is known not to be there for its maker; other hosts are not asked; raises GaiaError."""
    if source.kind == "dataset":
        Catalog(StateFolder(settings.state).catalog)[source.reference]
    elif source.kind == "project":
        readable_project(source, maker, stock.projects)
    elif source.kind == "notebook":
        readable_notebook(source, maker, stock.publications)


def readable_project(source: Source, maker: Maker, projects: Projects) -> Mine:
    """Return the project that a sandbox may be a copy of: its members read its files, nobody else does.

    Raises
    ------
    NotFound
        There is no such project for this person.
    NotAllowed
        The person can read its page alone.
    """
    mine = projects.seen_by(source.reference, Actor(maker.username, maker.groups))
    if mine.role is None:
        raise NotAllowed(f"The files of {mine.project.slug} are for its members; you can ask to join")
    return mine


def readable_notebook(source: Source, maker: Maker, publications: Publications) -> Shown:
    """Return the published notebook that a sandbox starts from; raises NotFound where this person may not read it."""
    return publications.find(int(source.reference), Actor(maker.username, maker.groups))


def _blank(order: Order) -> Furnished:
    del order
    return Furnished()


def _example(order: Order) -> Furnished:
    name = order.source.reference
    place = order.home / "examples" / name
    place.parent.mkdir(parents=True)
    shutil.copyfile(examples_folder() / name, place)
    return Furnished(name, f"examples/{name}")


def _dataset(order: Order) -> Furnished:
    """Write the notebook that "open in my lab" would."""
    dataset = Catalog(StateFolder(order.settings.state).catalog)[order.source.reference].dataset
    name = file_name(dataset.id)
    (order.home / name).write_text(json.dumps(notebook(dataset), ensure_ascii=False, indent=1), encoding="utf-8")
    return Furnished(dataset.title, name)


def _repository(order: Order) -> Furnished:
    source, rules = order.source, repository_rules(order.settings)
    address = read_address(source.reference, rules)
    folder = order.home / address.name
    taken = take_repository(address, source.revision, folder, rules)
    return Furnished(address.name, f"{address.name}/{_opened(folder, source.path)}".rstrip("/"), taken.commit)


def repository_rules(settings: Settings) -> Repositories:
    """Return the bounds of a repository: its files and git's own copy of them fill no home."""
    rules, home = settings.sandboxes.repositories, settings.sandboxes
    most_mib, most_files = min(rules.most_mib, home.home_gib * 1024 / 3), min(rules.most_files, home.home_files // 2)
    return rules.model_copy(update={"most_mib": most_mib, "most_files": most_files})


def _project(order: Order) -> Furnished:
    project = readable_project(order.source, order.maker, _stock(order).projects).project
    folder = StateFolder(order.settings.state).projects / project.slug
    rules = order.settings.sandboxes
    target = order.home / project.slug
    if folder.is_dir():
        bound = Bound(int(rules.home_gib * _GIB), rules.home_files)
        copy_folder(folder, target, bound, f"The project {project.slug}")
    else:
        target.mkdir()
    return Furnished(project.title, f"{project.slug}/{_opened(target, order.source.path)}".rstrip("/"))


def _notebook(order: Order) -> Furnished:
    """Write a published notebook as it was frozen."""
    publications = _stock(order).publications
    shown = readable_notebook(order.source, order.maker, publications)
    name = PurePosixPath(shown.publication.path).name
    (order.home / name).write_bytes(publications.source(shown))
    return Furnished(shown.publication.title, name, f"v{shown.publication.version}")


def _stock(order: Order) -> Stock:
    if order.stock is None:
        raise Unavailable("What people share cannot be copied here: no list of it is at hand")
    return order.stock


KINDS: Mapping[SourceKind, Callable[[Order], Furnished]] = {
    "blank": _blank,
    "example": _example,
    "dataset": _dataset,
    "git": _repository,
    "notebook": _notebook,
    "project": _project,
}
"""Every kind that a sandbox can start from here.

Each function runs in the service, outside the sandbox: what comes from elsewhere is written and never executed, and
bounded in bytes, files and seconds.
"""


def _opened(folder: Path, path: str) -> str:
    """Return the file that the lab shows first: the one asked for, or the one that looks like the beginning."""
    if path:
        if not (folder / path).is_file() or not (folder / path).resolve().is_relative_to(folder.resolve()):
            raise NotFound(f"There is no file {path!a} in {folder.name}{did_you_mean(path, _notebooks(folder))}")
        return path
    for name in ("index.ipynb", *_notebooks(folder), "README.md"):
        if "/" not in name and (folder / name).is_file():
            return name
    return ""


def _notebooks(folder: Path) -> list[str]:
    return sorted(str(one.relative_to(folder)) for one in folder.rglob("*.ipynb"))[:1000]


def _check_blank(source: Source, settings: Settings) -> Source:
    del settings
    return replace(source, reference="", revision="", path="")


def _check_example(source: Source, settings: Settings) -> Source:
    del settings
    known = example_notebooks(examples_folder())
    if source.reference not in known:
        raise NotFound(f"There is no example {source.reference[:80]!a}{did_you_mean(source.reference, known)}")
    return replace(source, revision="", path="")


def _check_dataset(source: Source, settings: Settings) -> Source:
    del settings
    if len(source.reference) > _LONGEST_ID or not source.reference.isprintable():
        raise InvalidInput(f"{source.reference[:60]!a} is no id of a dataset; it has at most {_LONGEST_ID} characters")
    return replace(source, revision="", path="")


def _check_repository(source: Source, settings: Settings) -> Source:
    address = read_address(source.reference, settings.sandboxes.repositories)
    revision, path = read_reference(source.revision), read_path(source.path)
    return replace(source, reference=address.url, revision=revision, path=path)


def _check_project(source: Source, settings: Settings) -> Source:
    del settings
    return replace(source, reference=check_slug(source.reference), revision="", path=read_path(source.path))


def _check_notebook(source: Source, settings: Settings) -> Source:
    del settings
    number = source.reference
    if not (number.isascii() and number.isdecimal() and len(number) <= _LONGEST_NUMBER):
        raise InvalidInput(f"{number[:60]!a} is no number of a published notebook")
    return replace(source, revision="", path="")


_CHECKS: Mapping[SourceKind, Callable[[Source, Settings], Source]] = {
    "blank": _check_blank,
    "example": _check_example,
    "dataset": _check_dataset,
    "git": _check_repository,
    "notebook": _check_notebook,
    "project": _check_project,
}
