"""The catalog in a browser: search, datasets, linked data, the way into a lab."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from gaia_vre.catalog.access import Decision
from gaia_vre.catalog.engine.places import split
from gaia_vre.catalog.model import Dataset
from gaia_vre.core.errors import InvalidInput, NotSignedIn, Unavailable
from gaia_vre.core.marking import said
from gaia_vre.look.language import Language
from gaia_vre.look.leaflet import installed_leaflet
from gaia_vre.service.catalog import linked
from gaia_vre.service.catalog.asking import SIDES, Asked, read_question
from gaia_vre.service.catalog.cards import Extent, dataset_href, extents, make_card, make_facets
from gaia_vre.service.catalog.finding import Finder, Found
from gaia_vre.service.catalog.gate import Gate, Verdict, check_allowed
from gaia_vre.service.catalog.sheet import copies, item_table, sheet
from gaia_vre.service.dependencies import Parts, SubmitsAs, UsesLanguage, UsesParts
from gaia_vre.service.frame import PREFIX, frame, redirect, script_json, templates
from gaia_vre.service.login import Caller

router = APIRouter(include_in_schema=False)
SORT_TITLES = {"best": said("best match"), "newest": said("newest"), "title": said("title")}
_MOST_VARIABLES = 60
_NAME_LIMIT = 400


@router.get("/catalog")
def search(request: Request, service: UsesParts, language: UsesLanguage) -> Response:
    """Show what answers a question."""
    who = _reader(request, service)
    if who is None and not service.settings.catalog_is_public:
        return _sign_in(request, service)
    asked = read_question(request.query_params)
    found = Finder(service.catalog).find(asked)
    decisions = {one.id: _verdict(service, one, who) for one in found.datasets if one.rights}
    said = {name: verdict.decision for name, verdict in decisions.items() if verdict}
    context = frame(service, language, who) | _found(language, asked, found, said)
    context["totals"] = Finder(service.catalog).totals()
    context |= {"leaflet": installed_leaflet() is not None, "sorts": SORT_TITLES, "sides": SIDES}
    return templates.TemplateResponse(request, "catalog/search.html", context)


@router.get("/catalog.jsonld")
def whole_catalog(request: Request, service: UsesParts) -> Response:
    """Return every dataset as schema.org and DCAT."""
    if not service.settings.catalog_is_public:
        service.login.caller(request)
    base = f"{service.settings.addresses.public_url}{PREFIX}"
    tag = f'"{hashlib.sha256(f"{service.catalog.mark()} {base}".encode()).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    pieces = linked.documents(Finder(service.catalog).all(), base)
    return StreamingResponse(pieces, media_type=linked.MEDIA_TYPE, headers=headers)


@router.post("/catalog/open")
def open_in_lab(
    who: SubmitsAs, service: UsesParts, dataset: Annotated[str, Form(min_length=1, max_length=_NAME_LIMIT)]
) -> Response:
    """Go to a notebook that opens the dataset, in my lab; it is started as last time when it does not run."""
    known = Finder(service.catalog).dataset(dataset)
    if verdict := _verdict(service, known, who):
        check_allowed(known.id, verdict.decision)
    if not known.opens_here:
        raise InvalidInput(f"{known.id} has no copy here: {known.access or 'the way to get it is not known'}")
    goal = f"/user/{quote(who.name)}/gaia/open?{urlencode({'dataset': known.id})}"
    lab = next((one for one in service.login.fresh(who).servers if not one.name), None)
    if lab and lab.ready and not lab.pending:
        return redirect(goal)
    if lab is None:
        service.hub.start(who.name, "", who.token)
    return redirect(f"/hub/spawn-pending/{quote(who.name)}?{urlencode({'next': goal})}")


@router.post("/catalog/accept")
def accept(
    who: SubmitsAs,
    service: UsesParts,
    dataset: Annotated[str, Form(min_length=1, max_length=_NAME_LIMIT)],
    digest: Annotated[str, Form(pattern=r"^[0-9a-f]{64}$")],
) -> Response:
    """Accept the licence of a dataset as the page showed it."""
    Gate(service).accept(dataset, digest, who.person)
    return redirect(dataset_href(PREFIX, dataset))


@router.get("/catalog/{name:path}")
def dataset(
    request: Request,
    service: UsesParts,
    language: UsesLanguage,
    name: str,
    items: Annotated[str | None, Query(max_length=4000)] = None,
) -> Response:
    """Show one dataset."""
    who = _reader(request, service)
    if who is None and not service.settings.catalog_is_public:
        return _sign_in(request, service)
    known = Finder(service.catalog).dataset(name)
    about = linked.document(known, f"{service.settings.addresses.public_url}{PREFIX}")
    if request.query_params.get("format") == "jsonld" or linked.MEDIA_TYPE in request.headers.get("accept", ""):
        return JSONResponse(about, media_type=linked.MEDIA_TYPE)
    verdict = _verdict(service, known, who)
    decision = verdict.decision if verdict else None
    context = frame(service, language, who) | sheet(language, known, decision, PREFIX, service.clock().year)
    context["copies"] = copies(known, {one.name: one.title for one in service.settings.sites})
    context["sandboxes_on"] = service.settings.has_sandboxes
    context["licence"] = verdict.licence if verdict else None
    context |= {"linked": script_json(about), "most_variables": _MOST_VARIABLES}
    table = item_table(language, Finder(service.catalog).items(known.id, items), PREFIX, items)
    places = [Extent(name, "", known.pole or "", box) for name, box in table.boxes] if table else []
    context |= {"items": table, "extents": places or extents([known], PREFIX) or [context["where"]]}
    return templates.TemplateResponse(request, "catalog/dataset.html", context)


def _verdict(service: Parts, known: Dataset, who: Caller | None) -> Verdict | None:
    """Decide for a dataset with rights; None is public."""
    return Gate(service).verdict(known.id, who.person if who else None) if known.rights else None


def _reader(request: Request, service: Parts) -> Caller | None:
    """Return who reads, or None for anybody; a hub that is silent does not close a public catalog."""
    try:
        return service.login.caller(request)
    except NotSignedIn:
        return None
    except Unavailable:
        if service.settings.catalog_is_public:
            return None
        raise


def _sign_in(request: Request, service: Parts) -> Response:
    query = f"?{request.url.query}" if request.url.query else ""
    return service.login.begin(request, redirect, f"{request.url.path}{query}")


def _found(language: Language, asked: Asked, found: Found, said: dict[str, Decision]) -> dict[str, Any]:
    places = extents(found.datasets, PREFIX)
    shown = [{"title": one.title, "href": one.href, "pole": one.pole, "box": one.box} for one in places]
    return {
        "asked": asked,
        "found": found,
        "cards": [make_card(language, one, said.get(one.id), PREFIX) for one in found.datasets],
        "facets": make_facets(language, found.facets, asked),
        "heading": _heading(language, asked, found),
        "outside": _outside(language, found.outside_count),
        "outside_hrefs": [dataset_href(PREFIX, one.id) for one in found.outside],
        "extents": places,
        "extents_json": script_json(shown),
        "box_parts": [(w, -n, e - w, n - s) for w, s, e, n in split(asked.box)] if asked.box else None,
    }


def _heading(language: Language, asked: Asked, found: Found) -> str:
    if not found.matched:
        return language.text("No dataset")
    if asked.box:
        return language.count(found.matched, "dataset touches the box", "datasets touch the box")
    return language.count(found.matched, "dataset", "datasets")


def _outside(language: Language, number: int) -> str:
    return language.count(number, "more matches but lies outside the box", "more match but lie outside the box")
