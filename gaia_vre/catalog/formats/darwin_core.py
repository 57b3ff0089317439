"""Darwin Core archives (GBIF, PNDB): the core table of a zip, typed, with points where it has coordinates."""

from __future__ import annotations

import codecs
import csv
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from gaia_vre.catalog.formats.source import Source, as_source, readable
from gaia_vre.catalog.formats.tables import located
from gaia_vre.core.errors import InvalidInput

if TYPE_CHECKING:
    from pathlib import Path
    from xml.etree.ElementTree import Element

TABLE_BYTES = 8_000_000_000
"""Most that a table may unpack to."""

RATIO = 200
"""Most that a table may grow by unpacking; text shrinks to a tenth, seldom to a fiftieth."""

_DESCRIPTION_BYTES = 5_000_000
_SMALL_BYTES = 50_000_000
_NUMBERS = (
    "decimalLatitude", "decimalLongitude", "coordinateUncertaintyInMeters", "individualCount", "year", "month", "day",
    "minimumElevationInMeters", "maximumElevationInMeters", "minimumDepthInMeters", "maximumDepthInMeters",
)  # fmt: skip


@dataclass(frozen=True)
class Core:
    """How ``meta.xml`` describes the core table."""

    file: str
    columns: dict[int, str]
    constants: dict[str, str]
    separator: str
    quote: str
    encoding: str
    skipped: int


def read_archive(source: Source | Path) -> Any:
    """Read the core table of an archive.

    Raises
    ------
    InvalidInput
        It is no zip, has no ``meta.xml``, names a file outside of itself, or unpacks to more than is sane.
    """
    source = as_source(source)
    with readable(
        source, "Darwin Core archive", zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, LookupError
    ):
        return located(_typed(_core_table(source)))


def _core_table(source: Source) -> Any:
    with source.open() as stream, zipfile.ZipFile(stream) as archive:
        core = _described(source, _part(source, archive, "meta.xml", _DESCRIPTION_BYTES))
        with archive.open(_member(source, archive, core.file)) as table:
            return _table(core, table)


def _described(source: Source, text: bytes) -> Core:
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        root = fromstring(text, forbid_dtd=True)
    except (ParseError, DefusedXmlException) as error:
        raise InvalidInput(
            f"{source.owner}: meta.xml of {source.name} is not the XML of an archive ({error})"
        ) from error
    core = next((one for one in root if _local(one.tag) == "core"), None)
    location = None if core is None else next((one.text for one in core.iter() if _local(one.tag) == "location"), None)
    if core is None or not location:
        raise InvalidInput(f"{source.owner}: meta.xml of {source.name} names no core table")
    return _core(source, core, location.strip())


def _core(source: Source, core: Element, location: str) -> Core:
    fields = [one for one in core if _local(one.tag) == "field"]
    columns = {int(one.get("index", "")): _local(one.get("term", "")) for one in fields if one.get("index")}
    key = next((one for one in core if _local(one.tag) in ("id", "coreid")), None)
    if key is not None and key.get("index"):
        columns.setdefault(int(key.get("index", "")), "id")
    if not columns or max(columns) > 2000:
        raise InvalidInput(f"{source.owner}: meta.xml of {source.name} describes no columns, or over 2,000")
    constants = {_local(one.get("term", "")): one.get("default", "") for one in fields if not one.get("index")}
    encoding = codecs.lookup(core.get("encoding") or "utf-8").name
    separator = _unescaped(core.get("fieldsTerminatedBy") or ",")
    quote = _unescaped(core.get("fieldsEnclosedBy") if core.get("fieldsEnclosedBy") is not None else '"')
    return Core(location, columns, constants, separator, quote, encoding, int(core.get("ignoreHeaderLines") or 0))


def _table(core: Core, stream: Any) -> Any:
    import pandas as pd

    names = [core.columns[index] for index in sorted(core.columns)]
    table = pd.read_csv(
        stream,
        sep=core.separator,
        quotechar=core.quote or '"',
        quoting=csv.QUOTE_MINIMAL if core.quote else csv.QUOTE_NONE,
        encoding=core.encoding,
        header=None,
        skiprows=core.skipped,
        usecols=sorted(core.columns),
        dtype=str,
        keep_default_na=False,
        na_values=[""],
    )
    table.columns = pd.Index(names)
    return table.assign(**{name: value for name, value in core.constants.items() if name and name not in names})


def _typed(table: Any) -> Any:
    """Return the table with numbers and days where Darwin Core has such; a period of days stays text."""
    import pandas as pd

    for name in set(_NUMBERS) & set(table.columns):
        table[name] = pd.to_numeric(table[name], errors="coerce")
    if "eventDate" in table.columns:
        days = pd.to_datetime(table["eventDate"], errors="coerce", utc=True, format="ISO8601")
        if days.notna().equals(table["eventDate"].notna()):
            table["eventDate"] = days
    return table


def _part(source: Source, archive: zipfile.ZipFile, name: str, limit: int) -> bytes:
    member = _member(source, archive, name)
    if member.file_size > limit:
        raise InvalidInput(f"{source.owner}: {name} of {source.name} has {member.file_size} bytes; at most {limit}")
    with archive.open(member) as stream:
        return stream.read(limit)


def _member(source: Source, archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    """Return a file of the archive that is sane to unpack."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name:
        raise InvalidInput(f"{source.owner}: {source.name} names {name}, which lies outside of the archive")
    try:
        member = archive.getinfo(name)
    except KeyError:
        raise InvalidInput(f"{source.owner}: {source.name} has no {name}; it is no Darwin Core archive") from None
    grown = member.file_size / max(member.compress_size, 1)
    if member.file_size > TABLE_BYTES or (grown > RATIO and member.file_size > _SMALL_BYTES):
        raise InvalidInput(
            f"{source.owner}: {name} of {source.name} unpacks from {member.compress_size} to {member.file_size} bytes; "
            f"at most {TABLE_BYTES} bytes and {RATIO} times its packed size are unpacked"
        )
    return member


def _local(name: str) -> str:
    """Return the name without its namespace: after the last of ``/``, ``#`` and ``}``."""
    return name.replace("#", "/").replace("}", "/").rpartition("/")[2]


def _unescaped(text: str | None) -> str:
    return (text or "").replace("\\t", "\t").replace("\\n", "\n").replace("\\\\", "\\")
