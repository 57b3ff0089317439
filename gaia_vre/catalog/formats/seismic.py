"""Seismic traces and stations as ObsPy has them: miniSEED, SAC, StationXML."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING, Any

from gaia_vre.catalog.formats.source import Source, as_source, readable
from gaia_vre.core.errors import Unavailable

if TYPE_CHECKING:
    from pathlib import Path

_BYTES = 2_000_000_000


def read_traces(sources: Source | Path | list[Source] | list[Path]) -> Any:
    """Read miniSEED or SAC files into one stream."""
    import obspy

    stream = obspy.Stream()
    with warnings.catch_warnings():
        # SAC keeps the spacing in single precision; ObsPy rounds it and says so each time.
        warnings.filterwarnings("ignore", message="Sample spacing read from SAC file")
        for one in sources if isinstance(sources, list) else [sources]:
            source = as_source(one)
            with readable(source, "file of seismic traces", Exception):
                stream += obspy.read(_input(source))
    return stream


def read_stations(source: Source | Path) -> Any:
    """Read StationXML into an inventory."""
    import obspy

    source = as_source(source)
    with readable(source, "StationXML", Exception):
        return obspy.read_inventory(_input(source))


def _input(source: Source) -> Any:
    """Return the path, or the bytes: ObsPy reads whole files."""
    if source.path:
        return str(source.path)
    size = source.files.info("").get("size") or 0
    if size > _BYTES:
        raise Unavailable(f"{source.owner}: {source.name} has {size} bytes; at most {_BYTES} are read at once")
    return io.BytesIO(source.files.cat_file(""))
