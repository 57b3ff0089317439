"""CMIP6 from an intake-esm catalog (JSON and CSV) or from a folder that is laid out by the DRS."""

from __future__ import annotations

import csv
import gzip
import io
import os
import zlib
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from gaia_vre.catalog.harvest.checking import REMOTE
from gaia_vre.catalog.harvest.contract import Found, OverBound, Page, Refusal, SourceFault, Unreadable
from gaia_vre.catalog.harvest.describing import Record, collection_of, instant
from gaia_vre.catalog.harvest.drs import facets_of_path, instance_of, period_of, version_date
from gaia_vre.catalog.harvest.fetch import read_json
from gaia_vre.catalog.harvest.listed import ListedPages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gaia_vre.catalog.harvest.contract import Source
    from gaia_vre.catalog.harvest.drs import Instance
    from gaia_vre.catalog.harvest.fetch import Fetcher

_MOST_FILES = 1_000_000
_FROM_FILE = ("activity_id", "institution_id", "license", "further_info_url", "institution", "source", "experiment")


class Cmip6:
    """A collection for each model and experiment; a page holds some with all their datasets.

    The cursor is the collection after which the next page begins.
    """

    def __init__(self, source: Source, fetcher: Fetcher | None) -> None:
        self._source, self._fetcher = source, fetcher
        self._groups: dict[str, dict[Instance, list[dict[str, str]]]] = {}
        self._refused: list[Refusal] = []

    def pages(self, cursor: str | None) -> Iterator[Page]:
        for said in self._files() if self._fetcher is None else self._rows(self._fetcher):
            try:
                instance = instance_of(said)
            except ValueError as error:
                self._refused.append(Refusal(said.get("path") or str(said)[:200], str(error)))
                continue
            if not self._source.collections or instance.collection in self._source.collections:
                self._groups.setdefault(instance.collection, {}).setdefault(instance, []).append(said)
        for page in ListedPages(self._source, self._one).pages(sorted(self._groups), cursor):
            refused, self._refused = self._refused, []
            yield Page(page.found, (*page.refused, *refused), page.cursor, page.total)

    def _one(self, name: str) -> list[Found]:
        instances = self._groups[name]
        items = [
            dataset_item(instance, files) for instance, files in sorted(instances.items(), key=lambda one: one[0].id)
        ]
        collection = model_collection(name, instances)
        wanted = items if self._source.items else []
        return [Found(one, self._source.url) for one in (collection, *wanted)]

    def _rows(self, fetcher: Fetcher) -> Iterator[dict[str, str]]:
        """Yield the rows of an intake-esm catalog with the address under `path`."""
        url = self._source.url
        described = fetcher.get(url, lambda body: _esm(read_json(body, url), url), "application/json")
        column = described["assets"]["column_name"]
        if isinstance(described.get("catalog_dict"), list):
            rows: Iterator[Any] = iter(described["catalog_dict"])
        else:
            table = urljoin(url, described["catalog_file"])
            limit = self._source.limits.page_bytes
            rows = iter(fetcher.get(table, lambda body: _table(body, table, limit), "text/csv, application/gzip, */*"))
        for row in rows:
            if isinstance(row, dict):
                yield {key: str(value) for key, value in row.items() if isinstance(key, str) and value is not None} | {
                    "path": str(row.get(column) or "")
                }

    def _files(self) -> Iterator[dict[str, str]]:
        root = Path(self._source.url)
        if not root.is_dir():
            raise SourceFault(f"{self._source.url} is no folder")
        count = 0
        for here, folders, files in os.walk(root):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(one for one in files if one.endswith(".nc")):
                count += 1
                if count > _MOST_FILES:
                    raise OverBound(f"{self._source.url} holds more than {_MOST_FILES} files")
                said = self._file(root, (Path(here) / name).relative_to(root))
                if said:
                    yield said

    def _file(self, root: Path, path: Path) -> dict[str, str] | None:
        try:
            if not (root / path).resolve().is_relative_to(root.resolve()):
                raise ValueError("a link that leads out of the folder")
            said = facets_of_path(PurePosixPath(path.as_posix()))
            if "activity_id" not in said or "license" not in self._told(said):
                said = _attributes(root / path) | said
            return said | {"path": path.as_posix(), "local": "yes"}
        except (OSError, ValueError) as error:
            self._refused.append(Refusal(path.as_posix(), str(error)))
            return None

    def _told(self, said: dict[str, str]) -> dict[str, str]:
        """Return what an earlier file of the same model and experiment said of itself."""
        try:
            group = self._groups.get(instance_of(said).collection, {})
        except ValueError:
            return {}
        return next((one for files in group.values() for one in files if "license" in one), {})


def _attributes(path: Path) -> dict[str, str]:
    """Return the global attributes of a file that describe it."""
    import netCDF4

    with netCDF4.Dataset(path) as file:
        known = {name: str(file.getncattr(name)).strip() for name in file.ncattrs() if name in _FROM_FILE}
        return {name: value for name, value in known.items() if value}


def _esm(described: Any, url: str) -> dict[str, Any]:
    if not isinstance(described, dict) or not isinstance(described.get("assets"), dict):
        raise Unreadable(f"{url}: an intake-esm catalog expected, no such thing found")
    named = isinstance(described["assets"].get("column_name"), str)
    if not named or not (
        isinstance(described.get("catalog_file"), str) or isinstance(described.get("catalog_dict"), list)
    ):
        raise Unreadable(f"{url}: the catalog names no column of addresses or no table; nothing found")
    return described


def _table(body: bytes, url: str, most_bytes: int) -> list[dict[str, str]]:
    try:
        if body.startswith(b"\x1f\x8b"):
            with gzip.open(io.BytesIO(body)) as file:
                body = file.read(most_bytes + 1)
        if len(body) > most_bytes:
            raise OverBound(f"{url}: the table is larger than {most_bytes} bytes")
        reader = csv.DictReader(io.StringIO(body.decode("utf-8"), newline=""), strict=True)
        rows = list(reader)
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
        raise Unreadable(f"{url}: no CSV, or cut off ({str(error)[:200]})") from error
    if not {"source_id", "experiment_id", "variable_id"} <= set(reader.fieldnames or ()):
        raise Unreadable(f"{url}: columns source_id, experiment_id and variable_id expected, no such columns found")
    return rows


def model_collection(name: str, instances: dict[Instance, list[dict[str, str]]]) -> dict[str, Any]:
    """Return the collection of a model's contribution to an experiment."""
    facets = next(iter(instances)).said
    files = [one for group in instances.values() for one in group]
    told = next((one for one in files if "license" in one), {})
    periods = [_period(one) for one in files]
    record = Record(name)
    record.titles = {"en": f"CMIP6 {facets['source_id']} {facets['experiment_id']} ({facets['institution_id']})"}
    record.abstracts = {"en": _sentence(facets, told)}
    record.start = min((start for start, _ in periods if start), default=None)
    record.end = max((end for _, end in periods if end), default=None)
    record.constraints = [told["license"]] if "license" in told else []
    record.keywords = ["CMIP6", *(facets[key] for key in ("activity_id", "source_id", "experiment_id"))]
    record.links = [{"rel": "about", "href": told["further_info_url"]}] if "further_info_url" in told else []
    names = ("activity_id", "institution_id", "source_id", "experiment_id")
    summaries = {
        f"cmip6:{key}": sorted({one.said[key] for one in instances})
        for key in (*names, "member_id", "table_id", "variable_id", "grid_label")
    }
    provider = {"name": told.get("institution", facets["institution_id"])[:500], "roles": ["producer"]}
    record.further = {"summaries": summaries, "providers": [provider], **{f"cmip6:{key}": facets[key] for key in names}}
    return collection_of(record)


def _period(said: dict[str, str]) -> tuple[str | None, str | None]:
    if "start" in said or "end" in said:
        return instant(said.get("start")), instant(said.get("end"))
    return period_of(said.get("time_range"))


def _sentence(facets: dict[str, str], told: dict[str, str]) -> str:
    first = f"Experiment {facets['experiment_id']} ({facets['activity_id']}) of the model {facets['source_id']}, CMIP6."
    return "\n".join([first, *(told[key] for key in ("experiment", "source") if key in told)])


def dataset_item(instance: Instance, files: list[dict[str, str]]) -> dict[str, Any]:
    """Return the item of one dataset with its files."""
    periods = [_period(one) for one in files]
    start = min((start for start, _ in periods if start), default=None)
    end = max((end for _, end in periods if end), default=None)
    known = start is not None and end is not None
    times: dict[str, Any] = {"datetime": None, "start_datetime": start, "end_datetime": end}
    # STAC wants a time: without one the version's day stands there, said to be unknown.
    placeholder = version_date(instance.version) or "1850-01-01T00:00:00Z"
    return {
        "type": "Feature",
        "stac_version": "1.1.0",
        "id": instance.id,
        "collection": instance.collection,
        "geometry": None,
        "properties": {
            "title": instance.id,
            **(times if known else {"datetime": placeholder, "gaia:unknown": ["datetime"]}),
            **{f"cmip6:{key}": value for key, value in instance.facets},
            **({"version": instance.version} if instance.version else {}),
            **({"gaia:paths": there} if (there := _elsewhere(files)) else {}),
        },
        "assets": {f"data-{number}": one for number, one in enumerate(_assets(files), start=1)},
        "links": [],
    }


def _elsewhere(files: list[dict[str, str]]) -> list[str]:
    """Return the paths on a site's own disks: known, but nothing that can be opened from here."""
    return sorted(one["path"] for one in files if one["path"] and "local" not in one and not _reachable(one["path"]))


def _assets(files: list[dict[str, str]]) -> Iterator[dict[str, Any]]:
    for one in sorted(files, key=lambda one: one["path"]):
        path = one["path"]
        if path and ("local" in one or _reachable(path)):
            netcdf = path.endswith(".nc")
            media_type = "application/netcdf" if netcdf else "application/vnd+zarr"
            yield {"href": path, "type": media_type, "title": path.rstrip("/").rsplit("/", 1)[-1], "roles": ["data"]}


def _reachable(path: str) -> bool:
    return path.startswith(tuple(f"{scheme}://" for scheme in REMOTE))
