"""Ensembles of climate models through intake-esm: a table of files, combined when they are asked for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gaia_vre.catalog.formats.source import Source, as_source, readable
from gaia_vre.catalog.sites import checked_address
from gaia_vre.core.errors import InvalidInput

if TYPE_CHECKING:
    from pathlib import Path

_BYTES = 100_000_000


def read_datastore(source: Source | Path) -> Any:
    """Open an ESM collection: search it by its facets, then ``to_dataset_dict()``.

    Every file that its table names is checked as the address of a dataset is.
    """
    import intake
    import pandas as pd

    source = as_source(source)
    with readable(source, "ESM collection", ValueError, KeyError, TypeError, OSError):
        with source.open() as stream:
            described = json.loads(stream.read(_BYTES))
        column = described["assets"]["column_name"]
        table = pd.DataFrame(described["catalog_dict"]) if "catalog_dict" in described else _table(source, described)
        table[column] = [_address(source, str(value)) for value in table[column]]
        described = {key: value for key, value in described.items() if key not in ("catalog_dict", "catalog_file")}
        return intake.open_esm_datastore({"esmcat": described, "df": table})


def _table(source: Source, described: dict[str, Any]) -> Any:
    import pandas as pd

    name = _address(source, str(described["catalog_file"]))
    if "://" in name:
        raise InvalidInput(f"{source.owner}: the table of {source.name} stands at {name}; it must stand beside it")
    return pd.read_csv(name)


def _address(source: Source, text: str) -> str:
    """Return the checked address; a path is one beside the collection."""
    beside = str(source.path.parent / text) if source.path and "://" not in text else text
    return checked_address(source.owner, beside, source.folders).removeprefix("file://")
