"""The reference of sources to harvest, made from the model that reads them."""

from __future__ import annotations

from gaia_vre.catalog.harvest.contract import Source
from gaia_vre.core.reference import rows_of

_HEAD = """# Sources to harvest

`gaia-vre catalog sources` lists the sources that come configured, `gaia-vre catalog harvest NAME` brings in what one
of them describes and loads the catalog. Only what is new or has changed is asked for and written; an interrupted
harvest goes on where it ended; what is refused is reported with its reason. Harvests stand in `data/harvests` of the
state folder, one folder of STAC for each source. A curated collection wins over a harvested one of the same id, and
of two sources the first by name.

What a source no longer names is kept and marked as deprecated. `gaia-vre catalog forget NAME` removes it,
`gaia-vre catalog forget NAME COLLECTION` one collection, `gaia-vre catalog forget NAME --all` the whole harvest.

Further sources stand in a YAML file of your own, given with `--sources FILE`:

```yaml
sources:
  - name: our-geonetwork
    kind: csw
    title: Our GeoNetwork
    url: https://catalogue.example.org/geonetwork/srv/fre/csw
    pole: aeris
    page_size: 50
  - name: seismic-network
    kind: stationxml
    url: https://ws.example.org/fdsnws/station/1
    collections: [G]
    items: true
    hosts: [www.example.org]
    limits: {request_seconds: 120}
  - name: our-archive
    kind: folder
    url: /data/archive
```
"""
_TAIL = """
A key for an API stands in an environment variable that `key_variable` names; it is sent to the host of `url` only.
Addresses on other hosts are not followed unless `hosts` names them. Files of a folder that lies outside the data of
the state folder are described in the harvest but not loaded into the catalog: labs could not open them.

This page is made from the model: `python -m gaia_vre.catalog.harvest.reference > hub_config/sources.md`.
"""
_KINDS = {
    "stac-api": ("collections, and items, of a STAC API", "the address of the API"),
    "geodes": ("the dialect of STAC that GEODES speaks", "the address of the API"),
    "stac-static": ("STAC files that link to each other", "the address of the first file"),
    "csw": (
        "ISO 19115 (19139 or 19115-3) or EML, from GeoNetwork or any CSW 2.0.2; with `collections`, some records",
        "the address of the CSW, `…/srv/fre/csw`",
    ),
    "eml": (
        "EML 2, also out of Darwin Core archives; with `collections`, datasets of GBIF by their DOI",
        "a folder, a document, the feed of an IPT (`…/rss.do`), or `https://api.gbif.org/v1/dataset`",
    ),
    "stationxml": ("seismic networks as collections, stations as items", "the address of an FDSN station service"),
    "cmip6": (
        "a collection for each model and experiment, an item for each dataset",
        "an intake-esm catalog (JSON), an ESGF index (`…/esg-search/search?…`), or a folder laid out by the DRS",
    ),
    "eodag": ("collections that eodag knows", "one of its resource files, JSON or YAML, at an address or on disk"),
    "folder": ("Zarr stores, GeoTIFFs and NetCDF files, described by what they hold", "the folder"),
}
"""What each kind reads, and what its address is."""


def sources_reference() -> str:
    """Return a Markdown page with every key of a source, its default and its meaning."""
    kinds = [f"| `{kind}` | {reads} | {url} |" for kind, (reads, url) in _KINDS.items()]
    table = ["| kind | what it reads | `url` is |", "|---|---|---|", *kinds]
    return "\n".join([_HEAD, *table, _TAIL, "| key | default | meaning |", "|---|---|---|", *rows_of(Source)]) + "\n"


if __name__ == "__main__":
    print(sources_reference(), end="")  # noqa: T201 - the program's output
