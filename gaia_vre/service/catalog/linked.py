"""Datasets as linked data: schema.org and DCAT 3 in one JSON-LD, for harvesters and search engines.

The context stands in the document, so that nobody has to fetch one to read it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from gaia_vre.catalog.engine.places import rectangle, split
from gaia_vre.catalog.model import POLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gaia_vre.catalog.model import Box, Dataset, Period

CONTEXT = {
    "@vocab": "https://schema.org/",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "geo": "http://www.opengis.net/ont/geosparql#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "url": {"@type": "@id"},
    "sameAs": {"@type": "@id"},
}
MEDIA_TYPE = "application/ld+json"
_SPDX = "https://spdx.org/licenses/"
_TITLE = "GAIA Data"
_ABOUT = "Datasets of the French Earth-system, climate and biodiversity poles."


def document(dataset: Dataset, base: str) -> dict[str, Any]:
    """Return one dataset as a document; `base` is the public address of the pages, with a slash."""
    return {"@context": CONTEXT} | node(dataset, base)


def documents(datasets: Iterable[Dataset], base: str) -> Iterator[str]:
    """Yield the text of the whole catalog, a piece for each dataset."""
    about = {
        "@context": CONTEXT,
        "@id": f"{base}catalog",
        "@type": ["DataCatalog", "dcat:Catalog"],
        "name": _TITLE,
        "description": _ABOUT,
        "url": f"{base}catalog",
        "dct:title": {"@value": _TITLE, "@language": "en"},
        "dct:description": {"@value": _ABOUT, "@language": "en"},
        "dct:publisher": _agent(_TITLE),
    }
    yield json.dumps(about, ensure_ascii=False)[:-1] + ', "dcat:dataset": ['
    for at, one in enumerate(datasets):
        yield ("" if at == 0 else ",") + "\n" + json.dumps(node(one, base), ensure_ascii=False)
    yield "\n]}\n"


def node(dataset: Dataset, base: str) -> dict[str, Any]:
    """Return what is known of one dataset, without a context; what is unknown is left out."""
    page = f"{base}catalog/{quote(dataset.id, safe='')}"
    known: dict[str, Any] = {
        "@id": page,
        "@type": ["Dataset", "dcat:Dataset"],
        "identifier": [dataset.id, *([f"https://doi.org/{dataset.doi}"] if dataset.doi else [])],
        "name": dataset.title,
        "description": dataset.description[:5000] or dataset.title,
        "url": page,
        "keywords": list(dataset.keywords),
        "creditText": dataset.citation,
        "includedInDataCatalog": {"@id": f"{base}catalog"},
        "isAccessibleForFree": True if dataset.opens_here and dataset.licence else None,
        "dct:title": dataset.title,
        "dct:description": dataset.description or dataset.title,
        "dct:identifier": dataset.id,
        "dcat:keyword": list(dataset.keywords),
        "dcat:landingPage": {"@id": page, "@type": "foaf:Document"},
        "distribution": [_distribution(dataset, page)] if dataset.opens_here else [],
        **_people(dataset),
        **_terms(dataset),
        **_place(dataset.facts.box),
        **_time(dataset.facts.period),
        **_quantities(dataset),
    }
    if dataset.opens_here:
        known["dcat:distribution"] = [{"@id": f"{page}#data"}]
    if dataset.doi:
        known["sameAs"] = f"https://doi.org/{quote(dataset.doi)}"
    return {name: value for name, value in known.items() if value not in (None, [], "")}


def _people(dataset: Dataset) -> dict[str, Any]:
    makers = [one for one in dataset.providers if "producer" in one.roles] or list(dataset.providers)
    publisher = POLES.get(dataset.pole or "", makers[0].name if makers else "")
    people: dict[str, Any] = {"creator": [{"@type": "Organization", "name": one.name} for one in makers]}
    if publisher:
        people |= {"publisher": {"@type": "Organization", "name": publisher}, "dct:publisher": _agent(publisher)}
    if dataset.contact:
        mails = [{"@id": f"mailto:{quote(one, safe='@+')}"} for one in dataset.contact.emails]
        people["dcat:contactPoint"] = {
            "@type": "vcard:Kind",
            "vcard:fn": dataset.contact.name,
            **({"vcard:hasEmail": mails} if mails else {}),
        }
    return people


def _agent(name: str) -> dict[str, Any]:
    return {"@type": "foaf:Agent", "foaf:name": name}


def _terms(dataset: Dataset) -> dict[str, Any]:
    licence = dataset.licence
    if licence is None:
        return {}
    if licence.spdx:
        address = _SPDX + quote(licence.spdx)
        return {"license": address, "dct:license": {"@id": address, "@type": "dct:LicenseDocument"}}
    return {"license": licence.text, "dct:license": {"@type": "dct:LicenseDocument", "dct:title": licence.text}}


def _place(box: Box | None) -> dict[str, Any]:
    if box is None:
        return {}
    halves = split(box)
    shapes = [
        {"@type": "GeoShape", "box": f"{south:g} {west:g} {north:g} {east:g}"} for west, south, east, north in halves
    ]
    rings = rectangle(box)["coordinates"]
    written = ", ".join(
        "((" + ", ".join(f"{x:g} {y:g}" for x, y in ring) + "))" for polygon in rings for ring in polygon
    )
    bbox = {"@type": "geo:wktLiteral", "@value": f"MULTIPOLYGON ({written})"}
    return {
        "spatialCoverage": [{"@type": "Place", "geo": shape} for shape in shapes],
        "dct:spatial": {"@type": "dct:Location", "dcat:bbox": bbox},
    }


def _time(period: Period) -> dict[str, Any]:
    if not period.known:
        return {}
    ends = {"dcat:startDate": period.start, "dcat:endDate": period.end}
    dates = {name: {"@type": "xsd:dateTime", "@value": one} for name, one in ends.items() if one}
    return {
        "temporalCoverage": f"{period.start or '..'}/{period.end or '..'}",
        "dct:temporal": {"@type": "dct:PeriodOfTime", **dates},
    }


def _quantities(dataset: Dataset) -> dict[str, Any]:
    quantities = []
    for one in dataset.facts.variables:
        terms = {"name": one.name, "description": one.title, "propertyID": one.standard_name, "unitText": one.unit}
        quantities.append({"@type": "PropertyValue", **{name: value for name, value in terms.items() if value}})
    return {"variableMeasured": quantities}


def _distribution(dataset: Dataset, page: str) -> dict[str, Any]:
    kinds = list(dict.fromkeys(one.media_type.split(";")[0] for one in dataset.facts.assets))
    return {
        "@id": f"{page}#data",
        "@type": ["DataDownload", "dcat:Distribution"],
        "name": dataset.title,
        "encodingFormat": kinds,
        "contentSize": str(dataset.bytes),
        "dcat:accessURL": {"@id": page},
        "dcat:byteSize": {"@type": "xsd:nonNegativeInteger", "@value": str(dataset.bytes)},
        "dct:format": kinds,
    }
