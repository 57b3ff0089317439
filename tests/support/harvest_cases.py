"""One case per kind of source for the conformance suite: answers as the real ones are shaped."""

import csv
import gzip
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import xarray as xr
from rasterio.transform import from_origin

from gaia_vre.catalog.harvest.contract import Limits, Source
from tests.support.harvest_xml import csw_answer, eml, iso_19115_3, iso_19139, network, station, station_xml
from tests.support.replay import Asked, Replay

QUICK = Limits(attempts=3, first_wait_seconds=0.005, request_seconds=0.3, page_bytes=300_000, seconds=60)


@dataclass(frozen=True)
class Case:
    """`fill(server, folder, spoiled)` sets the source up, with one bad record if `spoiled`, and returns its address."""

    kind: str
    fill: Callable[[Replay, Path, bool], str]
    expected: frozenset[str]
    options: dict[str, Any] = field(default_factory=dict)
    conditional: bool = True
    remote: bool = True
    xml: bool = False

    def source(self, replay: Replay, folder: Path, *, spoiled: bool = False, **changes: Any) -> Source:
        url = self.fill(replay, folder, spoiled)
        values = {"name": "tested", "kind": self.kind, "url": url, "limits": QUICK, **self.options, **changes}
        return Source(**values)


def collection(name: str, **changes: Any) -> dict[str, Any]:
    return {
        "type": "Collection",
        "stac_version": "1.0.0",
        "id": name,
        "title": f"Title of {name}",
        "description": "Températures de surface",
        "license": "CC-BY-4.0",
        "extent": {
            "spatial": {"bbox": [[-10, 30, 40, 46]]},
            "temporal": {"interval": [["2015-07-01T00:00:00Z", None]]},
        },
        "links": [{"rel": "license", "href": "https://example.org/licence"}],
        **changes,
    }


def item(name: str, of: str, **changes: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": name,
        "collection": of,
        "bbox": [1, 43, 2, 44],
        "geometry": {"type": "Polygon", "coordinates": [[[1, 43], [2, 43], [2, 44], [1, 44], [1, 43]]]},
        "properties": {"datetime": "2020-01-01T10:00:00Z"},
        "assets": {"data": {"href": "https://data.example.org/a.tif", "type": "image/tiff"}},
        "links": [],
        **changes,
    }


_NAMES = ["S2-L2A", "oso", "URN:FEATURE:DATA:gdh:1"]
_WRITTEN = {"S2-L2A", "oso", "URN-FEATURE-DATA-gdh-1---1d7e9a26c8f6"}
_PATHS = frozenset(
    {f"{name}/collection.json" for name in _WRITTEN} | {f"S2-L2A/items/{name}.json" for name in ("i1", "i2", "i3")}
)


def _spoil(records: list[Any], *, spoiled: bool) -> list[Any]:
    return [*records, collection("bad", extent={"spatial": {"bbox": [["a", 1, 2, 3]]}})] if spoiled else records


def fill_stac_api(replay: Replay, _: Path, spoiled: bool) -> str:
    everything = _spoil([collection(name) for name in _NAMES], spoiled=spoiled)
    items = [item(name, "S2-L2A") for name in ("i1", "i2", "i3")]

    def listed(key: str, records: list[Any]) -> Callable[[Asked], Any]:
        def answer(asked: Asked) -> Any:
            start, size = int(asked.query.get("token", 0)), int(asked.query["limit"])
            end = start + size
            more = {"rel": "next", "href": f"{asked.path}?limit={size}&token={end}"}
            return {
                key: records[start:end],
                "links": [more] if end < len(records) else [],
                "numberMatched": len(records),
            }

        return answer

    replay.routes["/stac/collections"] = listed("collections", everything)
    replay.routes["/stac/search"] = listed("features", items)
    return f"{replay.url}/stac"


def fill_geodes(replay: Replay, _: Path, spoiled: bool) -> str:
    everything = _spoil([collection(name) for name in _NAMES], spoiled=spoiled)
    items = [item(name, "S2-L2A") for name in ("i1", "i2", "i3")]

    def paged(key: str, records: list[Any]) -> Callable[[Asked], Any]:
        def answer(asked: Asked) -> Any:
            assert asked.method == "POST"
            assert asked.body["limit"] <= 80
            start = (asked.body["page"] - 1) * asked.body["limit"]
            return {key: records[start : start + asked.body["limit"]], "context": {"matched": len(records)}}

        return answer

    replay.routes["/api/stac/collections"] = paged("collections", everything)
    replay.routes["/api/stac/search"] = paged("features", items)
    return f"{replay.url}/api/stac/"


def fill_stac_static(replay: Replay, _: Path, spoiled: bool) -> str:
    def links(*pairs: tuple[str, str]) -> list[dict[str, str]]:
        return [{"rel": rel, "href": href} for rel, href in pairs]

    circle = links(("child", "../catalog.json"))
    own = links(*(("item", f"./{name}.json") for name in ("i1", "i2", "i3")))
    children = [("child", f"./c{number}/collection.json") for number in range(3)]
    root = {"type": "Catalog", "stac_version": "1.1.0", "id": "root", "description": "d"}
    spoiling = [("child", "./c9/collection.json"), ("child", "http://elsewhere.example.org/x.json")] if spoiled else []
    replay.routes["/static/catalog.json"] = {**root, "links": links(*children, *spoiling)}
    for number, name in enumerate(_NAMES):
        extra = own if name == "S2-L2A" else circle
        replay.routes[f"/static/c{number}/collection.json"] = collection(name, links=extra)
    for name in ("i1", "i2", "i3"):
        replay.routes[f"/static/c0/{name}.json"] = item(name, "S2-L2A", assets={"data": {"href": "./a.tif"}})
    return f"{replay.url}/static/catalog.json"


def fill_folder(_: Replay, folder: Path, spoiled: bool) -> str:
    root = folder / "files"
    if not root.exists():
        root.mkdir()
        grid = xr.Dataset(
            {"sst": (("time", "lat", "lon"), np.arange(24, dtype="f4").reshape(2, 3, 4), {"units": "K"})},
            {
                "time": np.array(["2020-01-01", "2020-02-01"], "datetime64[ns]"),
                "lat": ("lat", [40.0, 41.0, 42.0], {"standard_name": "latitude", "units": "degrees_north"}),
                "lon": ("lon", [0.0, 1.0, 2.0, 3.0], {"standard_name": "longitude", "units": "degrees_east"}),
            },
            {"title": "Sea surface temperature", "license": "CC BY 4.0", "institution": "ODATIS"},
        )
        grid.to_netcdf(root / "sst.nc")
        grid.to_zarr(root / "sst.zarr", zarr_format=3, consolidated=False)
        transform = from_origin(1, 44, 0.1, 0.1)
        shape = {"driver": "GTiff", "width": 8, "height": 6, "count": 1, "dtype": "uint8"}
        with rasterio.open(root / "land.tif", "w", crs="EPSG:4326", transform=transform, **shape) as image:
            image.write(np.arange(48, dtype="u1").reshape(6, 8), 1)
    if spoiled:
        (root / "broken.nc").write_bytes(b"CDF, but no more")
        (root / "out.tif").symlink_to("/etc/hostname")
    return str(root)


_FILES = frozenset(
    {"land.tif/collection.json"}
    | {f"{name}/{path}" for name in ("sst.nc", "sst.zarr") for path in ("collection.json", f"items/{name}.json")}
)


def fill_csw(replay: Replay, _: Path, spoiled: bool) -> str:
    records = [iso_19139("aeris-1"), iso_19115_3("formaterre-1"), iso_19139("aeris-2")]
    records += [iso_19139("bad", identification=False)] if spoiled else []

    def answer(asked: Asked) -> bytes:
        start, size = int(asked.query["startPosition"]), int(asked.query["maxRecords"])
        following = start + size if start + size <= len(records) else 0
        return csw_answer(records[start - 1 : start - 1 + size], len(records), following)

    replay.routes["/geonetwork/srv/fre/csw"] = answer
    return f"{replay.url}/geonetwork/srv/fre/csw"


def fill_eml(replay: Replay, _: Path, spoiled: bool) -> str:
    names = ["p1", "p2", "p3"]
    for name in names:
        replay.routes[f"/eml/{name}"] = eml(name)
    if spoiled:
        names += ["bad", "missing"]
        replay.routes["/eml/bad"] = eml("bad", dataset=False)
    listed = "".join(f"<item><ipt:eml>{replay.url}/eml/{name}</ipt:eml></item>" for name in names)
    feed = f'<rss version="2.0" xmlns:ipt="http://ipt.gbif.org/"><channel>{listed}</channel></rss>'
    replay.routes["/rss.do"] = feed.encode()
    return f"{replay.url}/rss.do"


def fill_stationxml(replay: Replay, _: Path, spoiled: bool) -> str:
    bad = station("BAD", latitude="north") if spoiled else ""

    def answer(asked: Asked) -> bytes:
        stations = station("CAN") + station("DRV") + bad if asked.query["level"] != "network" else ""
        codes = asked.query["network"].split(",") if "network" in asked.query else ["G", "RA", "FR"]
        return station_xml("".join(network(code, stations if code == "G" else "") for code in codes))

    replay.routes["/fdsnws/station/1/query"] = answer
    return f"{replay.url}/fdsnws/station/1"


_DRS = {
    "activity_id": "CMIP",
    "institution_id": "IPSL",
    "source_id": "IPSL-CM6A-LR",
    "member_id": "r1i1p1f1",
    "table_id": "Amon",
    "variable_id": "ta",
    "grid_label": "gr",
    "version": "20180803",
}


def fill_cmip6(replay: Replay, _: Path, spoiled: bool) -> str:
    rows = [
        {**_DRS, "experiment_id": name, "time_range": "185001-201412", "path": f"https://esgf.example.org/{name}.nc"}
        for name in ("historical", "piControl", "ssp585")
    ]
    rows += [{**rows[0], "experiment_id": "../.."}] if spoiled else []
    table = io.StringIO()
    writer = csv.DictWriter(table, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    replay.routes["/cmip6.csv.gz"] = gzip.compress(table.getvalue().encode(), mtime=0)
    assets = {"column_name": "path", "format": "netcdf"}
    replay.routes["/cmip6.json"] = {"esmcat_version": "0.1.0", "catalog_file": "cmip6.csv.gz", "assets": assets}
    return f"{replay.url}/cmip6.json"


def fill_esgf(replay: Replay, _: Path, spoiled: bool) -> str:
    experiments = ["historical", "piControl", "ssp585"]
    told = {key: [value] for key, value in _DRS.items()} | {"version": _DRS["version"]}
    times = {"datetime_start": "1850-01-16T12:00:00Z", "datetime_stop": "2014-12-16T12:00:00Z"}

    def answer(asked: Asked) -> Any:
        assert asked.query["institution_id"] == "IPSL"
        if "facets" in asked.query:
            name = asked.query["facets"]
            known = ["IPSL-CM6A-LR"] if name == "source_id" else experiments
            return {"facet_counts": {"facet_fields": {name: [part for one in known for part in (one, 7)]}}}
        wanted = asked.query["experiment_id"]
        documents = [{**told, **times, "experiment_id": [wanted]}]
        documents += [{**told, "experiment_id": ["../.."]}] if spoiled and wanted == "ssp585" else []
        return {"response": {"numFound": len(documents), "docs": documents}}

    replay.routes["/esg-search/search"] = answer
    return f"{replay.url}/esg-search/search?institution_id=IPSL"


def fill_eodag(replay: Replay, _: Path, spoiled: bool) -> str:
    names = ("MEDSEA_PHY", "EO:MO:DAT:SST", "BAD") if spoiled else ("MEDSEA_PHY", "EO:MO:DAT:SST")
    known = {name: {key: collection(name)[key] for key in ("title", "description", "extent")} for name in names}
    if spoiled:
        known["BAD"]["extent"] = {"spatial": {"bbox": "all"}}
    replay.routes["/ext.json"] = {"cop_marine": {"providers_config": {}, "collections_config": known}}
    return f"{replay.url}/ext.json"


def collections(*names: str) -> frozenset[str]:
    return frozenset(f"{name}/collection.json" for name in names)


_EXPERIMENTS = [f"CMIP6.CMIP.IPSL.IPSL-CM6A-LR.{name}" for name in ("historical", "piControl", "ssp585")]
_INSTANCES = {f"{name}/items/{name}.r1i1p1f1.Amon.ta.gr.v20180803.json" for name in _EXPERIMENTS}
_STATIONS = {f"fdsn-G/items/G.{name}.json" for name in ("CAN", "DRV")}
_OF_EODAG = collections("MEDSEA_PHY", "EO-MO-DAT-SST---a06c0f86da88")

CASES = {
    "folder": Case("folder", fill_folder, _FILES, {"page_size": 1}, remote=False),
    "stac-api": Case("stac-api", fill_stac_api, _PATHS, {"page_size": 2, "items": True}),
    "geodes": Case("geodes", fill_geodes, _PATHS, {"page_size": 2, "items": True}, conditional=False),
    "stac-static": Case("stac-static", fill_stac_static, _PATHS, {"items": True, "page_size": 2}),
    "csw": Case("csw", fill_csw, collections("aeris-1", "formaterre-1", "aeris-2"), {"page_size": 2}, xml=True),
    "eml": Case("eml", fill_eml, collections("p1", "p2", "p3"), {"page_size": 2}, xml=True),
    "stationxml": Case(
        "stationxml",
        fill_stationxml,
        collections("fdsn-G", "fdsn-RA", "fdsn-FR") | _STATIONS,
        {"page_size": 2, "items": True},
        xml=True,
    ),
    "cmip6": Case("cmip6", fill_cmip6, collections(*_EXPERIMENTS) | _INSTANCES, {"page_size": 2, "items": True}),
    "esgf": Case("cmip6", fill_esgf, collections(*_EXPERIMENTS) | _INSTANCES, {"page_size": 2, "items": True}),
    "eodag": Case("eodag", fill_eodag, _OF_EODAG, {"page_size": 1}),
}
