"""FDSN StationXML from a station web service: a network is a collection, each of its stations an item."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from gaia_vre.catalog.harvest.checking import Refused
from gaia_vre.catalog.harvest.contract import Found, Page, Refusal
from gaia_vre.catalog.harvest.describing import Record, collection_of, contact, doi_in, instant
from gaia_vre.catalog.harvest.listed import ListedPages
from gaia_vre.catalog.harvest.xml import attribute, number_at, plain, read_xml, text_at, texts_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

    from gaia_vre.catalog.harvest.contract import Source
    from gaia_vre.catalog.harvest.fetch import Fetcher

_STATIONXML = "application/vnd.fdsn.stationxml+xml"
_NO_END = "2500"
_RUNNING = "2599-12-31T23:59:59Z"
"""The end that FDSN services write for what is running: an item of STAC needs one."""


class StationXml:
    """Asks for the networks, then for each network's channels; the cursor is the last network read."""

    def __init__(self, source: Source, fetcher: Fetcher) -> None:
        self._source, self._fetcher = source, fetcher
        self._refused: list[Refusal] = []

    def pages(self, cursor: str | None) -> Iterator[Page]:
        networks = self._ask({"level": "network", **self._wanted()}).findall("Network")
        names = {f"{attribute(one, 'code')} {attribute(one, 'startDate') or ''}".strip(): one for one in networks}
        for page in ListedPages(self._source, self._network).pages(sorted(names), cursor):
            refused, self._refused = self._refused, []
            yield Page(page.found, (*page.refused, *refused), page.cursor, page.total)

    def _wanted(self) -> dict[str, str]:
        return {"network": ",".join(self._source.collections)} if self._source.collections else {}

    def _network(self, name: str) -> list[Found]:
        code, _, start = name.partition(" ")
        level = "channel" if self._source.items else "station"
        root = self._ask({"level": level, "network": code})
        networks = [one for one in root.iterfind("Network") if attribute(one, "code") == code]
        found = [one for one in networks if (attribute(one, "startDate") or "") == start]
        if not found:
            raise Refused(f"network {name} is listed but not answered")
        collection = _collection(found[0], self._source.url, alone=_permanent(code))
        described = [Found(collection, self._source.url)]
        for station in found[0].iterfind("Station") if self._source.items else ():
            try:
                described.append(Found(_item(station, collection, self._source.url), self._source.url))
            except Refused as error:
                self._refused.append(Refusal(f"{code}.{attribute(station, 'code')}", str(error)))
        return _joined(described)

    def _ask(self, question: dict[str, str]) -> Element:
        url = f"{self._address}?{urlencode({**question, 'format': 'xml'})}"
        return self._fetcher.get(url, lambda body: read_xml(body, url, "FDSNStationXML"))

    @property
    def _address(self) -> str:
        return self._source.url.rstrip("/").removesuffix("/query") + "/query"


def _permanent(code: str) -> bool:
    """Tell whether a code belongs to one network for ever; temporary ones begin with 0-9 or X-Z."""
    return not code[:1].isdigit() and code[:1] not in "XYZ"


def _collection(network: Element, url: str, *, alone: bool) -> dict[str, Any]:
    code, start = attribute(network, "code") or "", attribute(network, "startDate")
    record = Record(f"fdsn-{code}" if alone else f"fdsn-{code}-{(start or '')[:4]}")
    title = text_at(network, "Description")
    record.titles = {"und": title} if title else {"und": f"Seismic network {code}"}
    record.boxes = _boxes(network)
    record.start, record.end = instant(start), _end(network)
    record.doi = next((doi for one in network.iterfind("Identifier") if (doi := doi_in(plain(one)))), None)
    record.keywords = ["seismology", "StationXML", code]
    record.contacts = [
        found
        for one in network.iterfind("Operator")
        if (found := contact(name=None, organisation=text_at(one, "Agency"), roles=["producer"], email=None))
    ]
    record.links = [{"rel": "via", "href": f"{url}?{urlencode({'network': code, 'level': 'channel'})}"}]
    record.further = {
        "gaia:network": code,
        "gaia:restricted": attribute(network, "restrictedStatus"),
        "gaia:stations": int(number_at(network, "TotalNumberStations") or 0) or len(network.findall("Station")),
    }
    return collection_of(record)


def _boxes(network: Element) -> list[list[float]]:
    places = [_place(one) for one in network.iterfind("Station")]
    known = [one for one in places if one]
    if not known:
        return []
    longitudes, latitudes = [one[0] for one in known], [one[1] for one in known]
    return [[min(longitudes), min(latitudes), max(longitudes), max(latitudes)]]


def _place(station: Element) -> tuple[float, float] | None:
    longitude, latitude = number_at(station, "Longitude"), number_at(station, "Latitude")
    if longitude is None or latitude is None or not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
        return None
    return longitude, latitude


def _item(station: Element, collection: dict[str, Any], url: str) -> dict[str, Any]:
    code, place = attribute(station, "code"), _place(station)
    if not code or place is None:
        raise Refused(f"Longitude and Latitude: a place on the globe expected, {_shown(station)} found")
    start = instant(attribute(station, "startDate"))
    channels = [_channel(one) for one in station.iterfind("Channel")]
    start = start or min((one["start"] for one in channels if one.get("start")), default=None)
    if start is None:
        raise Refused("startDate: an instant expected, nothing found")
    network = collection["gaia:network"]
    query = urlencode({"network": network, "station": code, "level": "response"})
    return {
        "type": "Feature",
        "stac_version": "1.1.0",
        "id": f"{network}.{code}",
        "collection": collection["id"],
        "geometry": {"type": "Point", "coordinates": list(place)},
        "bbox": [*place, *place],
        "properties": {
            "title": text_at(station, "Site/Name") or code,
            "datetime": None,
            "start_datetime": start,
            "end_datetime": _end(station) or _RUNNING,
            **({"gaia:elevation": height} if (height := number_at(station, "Elevation")) is not None else {}),
            "gaia:channels": sorted({one["code"] for one in channels}),
            "gaia:streams": channels,
        },
        "assets": {
            "response": {
                "href": f"{url.rstrip('/').removesuffix('/query')}/query?{query}",
                "type": _STATIONXML,
                "title": "Instrument response",
                "roles": ["metadata"],
            }
        },
        "links": [],
    }


def _channel(one: Element) -> dict[str, Any]:
    said = {
        "code": attribute(one, "code") or "",
        "location": attribute(one, "locationCode") or "",
        "sample_rate": number_at(one, "SampleRate"),
        "depth": number_at(one, "Depth"),
        "azimuth": number_at(one, "Azimuth"),
        "dip": number_at(one, "Dip"),
        "sensor": next(texts_at(one, "Sensor/Description"), None) or text_at(one, "Sensor/Type"),
        "unit": text_at(one, "Response/InstrumentSensitivity/InputUnits/Name"),
        "start": instant(attribute(one, "startDate")),
        "end": _end(one),
    }
    return {key: value for key, value in said.items() if value is not None}


def _end(element: Element) -> str | None:
    end = attribute(element, "endDate")
    return instant(end) if end and end < _NO_END else None


def _joined(found: list[Found]) -> list[Found]:
    """Return one item for each station: its epochs are joined, the newest telling its name and place."""
    kept: dict[str, Found] = {}
    for one in found:
        before = kept.get(one.stac["id"])
        if before is not None:
            _join(before.stac["properties"], one.stac["properties"])
        kept[one.stac["id"]] = one
    return list(kept.values())


def _join(before: dict[str, Any], after: dict[str, Any]) -> None:
    streams = [*before["gaia:streams"], *after["gaia:streams"]]
    after |= {
        "gaia:streams": streams,
        "gaia:channels": sorted({one["code"] for one in streams}),
        "start_datetime": min(before["start_datetime"], after["start_datetime"]),
        "end_datetime": max(before["end_datetime"], after["end_datetime"]),
    }


def _shown(station: Element) -> str:
    return f"{text_at(station, 'Longitude')}, {text_at(station, 'Latitude')}"
