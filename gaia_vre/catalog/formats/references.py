"""Files of references (kerchunk, VirtualiZarr): many NetCDF or GRIB files read as one Zarr store.

What they point at is checked before anything is read: only addresses that a dataset itself may have,
so such a file cannot bring anybody's other files into a notebook. Templates that are programs are refused.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from gaia_vre.catalog.formats.grids import described, open_store
from gaia_vre.catalog.formats.source import Source, as_source, readable
from gaia_vre.catalog.sites import REMOTE, Place, checked_address
from gaia_vre.catalog.stores import store_of
from gaia_vre.core.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable

_BYTES = 500_000_000


def read_references(source: Source | Path, chunks: Any = None) -> Any:
    """Open references lazily: a JSON file, or a folder of Parquet tables."""
    from fsspec.implementations.asyn_wrapper import AsyncFileSystemWrapper
    from fsspec.implementations.reference import ReferenceFileSystem
    from zarr.storage import FsspecStore

    source = as_source(source)
    with readable(source, "file of references", ValueError, KeyError, TypeError, OSError):
        refs = _from_tables(source) if source.path and source.path.is_dir() else _from_json(source)
        stores = {scheme: _store(scheme) for scheme in _schemes(refs)}
        files = ReferenceFileSystem(fo={"version": 1, "refs": refs}, fs=stores, skip_instance_cache=True)
        store = FsspecStore(AsyncFileSystemWrapper(files, asynchronous=True), read_only=True, path="")
        return described(open_store(store, {} if chunks is None else chunks))


def _from_json(source: Source) -> dict[str, Any]:
    with source.open() as stream:
        content = stream.read(_BYTES + 1)
    if len(content) > _BYTES:
        raise InvalidInput(f"{source.owner}: {source.name} has over {_BYTES} bytes; at most so many are read")
    document = json.loads(content)
    if not isinstance(document, dict):
        raise InvalidInput(f"{source.owner}: {source.name} is no object with references")
    templates = document.get("templates") or {}
    if "gen" in document or any("{{" in str(value) for value in templates.values()):
        raise InvalidInput(f"{source.owner}: {source.name} carries code in its templates; it is not run")
    refs = document.get("refs", document)
    check = _checker(source)
    return {key: _checked(value, templates, check) for key, value in refs.items()}


def _from_tables(source: Source) -> dict[str, Any]:
    """Return the references of a folder of Parquet tables, as one mapping."""
    from fsspec.implementations.local import LocalFileSystem
    from fsspec.implementations.reference import LazyReferenceMapper

    mapper = LazyReferenceMapper(str(source.path), fs=LocalFileSystem(), engine="pyarrow")
    check = _checker(source)
    return {key: _checked(mapper._load_one_key(key), {}, check) for key in mapper}


def _checked(value: Any, templates: dict[str, str], check: Callable[[str], str]) -> Any:
    """Return a reference whose address may be read; content that stands in the file itself is as it is."""
    if not isinstance(value, list):
        return value.decode("latin-1") if isinstance(value, bytes) and not value else value
    address = str(value[0])
    for name, text in templates.items():
        address = address.replace("{{" + name + "}}", text).replace("{{ " + name + " }}", text)
    return [check(address), *value[1:]]


def _checker(source: Source) -> Callable[[str], str]:
    """Return what checks an address; one without scheme stands beside the file of references."""
    known: dict[str, str] = {}
    beside = source.path.parent if source.path else None

    def check(address: str) -> str:
        if address not in known:
            whole = address if "://" in address or beside is None else str(beside / address)
            if beside is None and "://" not in address:
                whole = urljoin(source.places[0].shown, address)
            known[address] = checked_address(source.owner, whole, source.folders or (Path("/nowhere"),))
        return known[address]

    return check


def _schemes(refs: dict[str, Any]) -> set[str]:
    return {value[0].partition(":")[0] for value in refs.values() if isinstance(value, list)}


def _store(scheme: str) -> Any:
    from fsspec.implementations.asyn_wrapper import AsyncFileSystemWrapper

    address = f"{scheme}://references/" if scheme in REMOTE else "file:///"
    files, _ = store_of(Place(address, scheme))
    return files if files.async_impl else AsyncFileSystemWrapper(files)
