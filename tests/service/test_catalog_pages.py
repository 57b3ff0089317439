"""The catalog in a browser: search, facets, boxes, datasets, the way into a lab."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from gaia_vre.catalog.model import Copy
from gaia_vre.core.settings import Site
from tests.service.catalog_samples import HOSTILE, LONG, STORE, described, hostile, opening, plain, write_catalog
from tests.service.conftest import HOME, World, proof, with_settings
from tests.service.fakes import server

HTML = {"Accept": "text/html"}


@pytest.fixture
def shelf(world: World) -> World:
    write_catalog(catalog_of(world), opening(), described(), plain())
    return world


def catalog_of(world: World) -> Path:
    return world.parts.settings.state / "data" / "catalog"


def text_of(answer_text: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(answer_text).replace("\xa0", " "))


def get(client: TestClient, address: str) -> str:
    answer = client.get(f"{HOME}{address}", headers=HTML)
    assert answer.status_code == 200, answer.text
    return text_of(answer.text)


def test_a_search_shows_what_it_found_and_what_narrows_it(shelf: World) -> None:
    page = get(shelf.anyone(), "catalog?q=sea+temperature")
    assert "2 datasets</h2>" in page
    assert "Sea-surface temperature of the Mediterranean" in page
    assert 'name="access" value="here"' in page
    assert "Opens here, 4.2 MB" in page
    assert "Described: Argo GDAC" in page


def test_a_facet_narrows_and_stays_ticked(shelf: World) -> None:
    page = get(shelf.anyone(), "catalog?access=here")
    assert "1 dataset</h2>" in page
    assert 'value="here" checked' in page
    assert 'value="described"' in page, "the other value is still to be seen"


def test_a_box_leaves_out_what_lies_outside_and_says_so(shelf: World) -> None:
    page = get(shelf.anyone(), "catalog?q=sea+temperature&north=46&south=30&west=-6&east=36")
    assert "1 dataset touches the box" in page
    assert "1 more matches but lies outside the box: <a" in page
    assert "Sea temperature of floats</a>" in page


def test_a_box_over_the_date_line_finds_what_lies_there(shelf: World) -> None:
    page = get(shelf.anyone(), "catalog?north=5&south=-5&west=175&east=-175")
    assert "Sea temperature of floats" in page
    assert "1 dataset touches the box" in page


@pytest.mark.parametrize(
    "query",
    ["north=95&south=0&west=0&east=1", "north=1&south=2&west=0&east=1", "north=x&south=0&west=0&east=1", "north=nan"],
    ids=["off the Earth", "upside down", "no number", "not a number"],
)
def test_a_box_that_makes_no_sense_is_named_and_left_out(shelf: World, query: str) -> None:
    page = get(shelf.anyone(), f"catalog?{query}")
    assert "A box needs four numbers" in page
    assert "3 datasets</h2>" in page


def test_numbers_may_have_a_comma_and_a_true_minus_sign(shelf: World) -> None:
    assert "1 dataset touches" in get(shelf.anyone(), "catalog?north=46,5&south=30&west=−6&east=36")


@pytest.mark.parametrize("query", ["from=2020&to=1990", "from=soon"], ids=["reversed", "no date"])
def test_a_period_that_makes_no_sense_is_named(shelf: World, query: str) -> None:
    assert "A period needs years or dates" in get(shelf.anyone(), f"catalog?{query}")


def test_a_period_leaves_out_what_was_before(shelf: World) -> None:
    page = get(shelf.anyone(), "catalog?q=sea&from=2022")
    assert "1 dataset</h2>" in page
    assert "floats" in page


def test_nothing_found_says_what_would_help(shelf: World) -> None:
    page = get(shelf.anyone(), "catalog?q=zebra&from=1800&to=1801&access=here&north=1&south=0&west=0&east=1")
    assert "Nothing in the catalog answers this." in page
    for help_with in ("without the box", "all years", "without the filters", "Fewer or other words"):
        assert help_with in page


def test_pages_follow_each_other(world: World) -> None:
    write_catalog(catalog_of(world), *(described(f"d{number:03}") for number in range(45)))
    client, address, seen = world.anyone(), "catalog?q=sea", []
    while address:
        page = get(client, address)
        seen += re.findall(r"<code>(d\d+)</code>", page)
        follows = re.search(r'rel="next" href="/services/gaia/([^"]+)"', page)
        address = follows.group(1) if follows else ""
    assert sorted(seen) == [f"d{number:03}" for number in range(45)]


@pytest.mark.parametrize("token", ["forged", "eyJ", "\x00" * 10, "9" * 3000], ids=["word", "part", "zeros", "long"])
def test_a_forged_page_is_refused(shelf: World, token: str) -> None:
    answer = shelf.anyone().get(f"{HOME}catalog", params={"token": token, "q": "sea"}, headers=HTML)
    assert answer.status_code in (200, 422)


def test_a_dataset_tells_what_is_known_and_names_what_is_not(shelf: World) -> None:
    page = get(shelf.anyone(), "catalog/sst")
    for known in (
        "1 January 1993 to 31 December 2020",
        "30°N to 46°N, 6°W to 36°E",
        "CC BY 4.0",
        "10.1/sst",
        "Ifremer",
    ):
        assert known in page
    assert "sea_\u200bsurface_\u200btemperature" in page
    assert 'data = gaia.open("sst")' in page
    assert "@misc{" in page
    assert get(shelf.anyone(), "catalog/bare").count(">unknown<") >= 5


def test_what_a_picture_shows_stands_in_a_table_too(shelf: World) -> None:
    page = get(shelf.anyone(), "catalog/sst")
    table = page[page.index("The numbers as a table") : page.index("</figure>")]
    assert re.findall(r"<th scope=\"col\"[^>]*>([^<]+)", table) == ["Latitude (°N)", "lowest", "mean", "highest"]
    assert re.findall(r"<t[hd][^>]*>([^<]+)</t[hd]>", table)[4:8] == ["40 to 46", "271", "288.5", "303"]
    client = shelf.anyone()
    client.headers["Accept-Language"] = "fr"
    assert "30 à 39,5" in get(client, "catalog/sst")


def test_copies_at_other_sites_are_named(world: World) -> None:
    store = replace(STORE, copies=(Copy("toulouse", "https://toulouse.example/sst.zarr"),))
    write_catalog(catalog_of(world), opening(facts=replace(opening().facts, assets=(store,))))
    sites = (Site(name="toulouse", title="Toulouse"),)
    object.__setattr__(world.parts, "settings", world.parts.settings.model_copy(update={"sites": sites}))
    assert re.search(r"Here <span[^>]*>Zarr store.*Toulouse <span", get(world.anyone(), "catalog/sst"))


def test_in_french_numbers_and_words_are_french(shelf: World) -> None:
    client = shelf.anyone()
    client.headers["Accept-Language"] = "fr"
    assert "S’ouvre ici, 4,2 Mo" in get(client, "catalog")
    assert "1 janvier 1993 à 31 décembre 2020" in get(client, "catalog/sst")


def test_anybody_is_asked_to_sign_in_to_open(shelf: World) -> None:
    page = get(shelf.anyone(), "catalog/sst")
    assert "Sign in to open" in page
    assert "Open in my lab" not in page
    answer = shelf.anyone().get(f"{HOME}sign-in?goal={HOME}catalog/sst")
    assert "/hub/api/oauth2/authorize" in answer.headers["location"]


def test_a_catalog_for_people_only_asks_for_a_sign_in(shelf: World) -> None:
    closed = with_settings(shelf, catalog_anonymous=False)
    for address in ("catalog", "catalog/sst"):
        assert "oauth2/authorize" in closed.anyone().get(f"{HOME}{address}", headers=HTML).headers["location"]
    assert closed.anyone().get(f"{HOME}catalog.jsonld").status_code == 401
    assert closed.anyone().get(f"{HOME}pictures/sst/thumbnail-1.png").status_code == 401
    browser = closed.browser()
    assert browser.get(f"{HOME}catalog/sst").status_code == 200
    picture = {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
    assert browser.get(f"{HOME}pictures/sst/thumbnail-1.png", headers=picture).status_code == 200


def test_a_hub_that_is_silent_does_not_close_a_public_catalog(shelf: World) -> None:
    browser = shelf.browser()
    shelf.hub.down = True
    shelf.parts.login._remembered.clear()
    assert "Sign in to open" in text_of(browser.get(f"{HOME}catalog/sst").text)


def test_pictures_are_kept_and_nothing_else_is_handed_out(shelf: World) -> None:
    client = shelf.anyone()
    first = client.get(f"{HOME}pictures/sst/thumbnail-1.png")
    assert (first.status_code, first.headers["content-type"]) == (200, "image/png")
    assert "immutable" in first.headers["cache-control"]
    again = client.get(f"{HOME}pictures/sst/thumbnail-1.png", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    for other in ("catalog.sqlite", "sst/collection.json", "../data/catalog/catalog.sqlite", "%2e%2e/secrets.json"):
        assert client.get(f"{HOME}pictures/{other}").status_code == 404


def test_stac_clients_read_the_address_of_the_same_picture(shelf: World) -> None:
    client = shelf.anyone()
    href = client.get(f"{HOME}stac/collections/sst").json()["assets"]["thumbnail"]["href"]
    assert href.endswith("/services/gaia/pictures/sst/thumbnail-1.png")
    assert client.get(href).status_code == 200


def opened(world: World, dataset: str = "sst") -> str:
    browser = world.browser()
    form = {"_xsrf": proof(browser.get(f"{HOME}catalog/sst").text), "dataset": dataset}
    return str(browser.post(f"{HOME}catalog/open", data=form).headers.get("location", ""))


def test_open_in_my_lab_goes_to_the_lab_that_runs(shelf: World) -> None:
    shelf.hub.servers["ada"] = {"": server()}
    assert opened(shelf) == "/user/ada/gaia/open?dataset=sst"
    assert shelf.hub.done == []


def test_open_in_my_lab_starts_a_stopped_lab_and_goes_on(shelf: World) -> None:
    assert opened(shelf) == "/hub/spawn-pending/ada?next=%2Fuser%2Fada%2Fgaia%2Fopen%3Fdataset%3Dsst"
    assert shelf.hub.done == [("POST", "/users/ada/server")]


@pytest.mark.parametrize("dataset", ["floats", "no-such"], ids=["described only", "unknown"])
def test_what_has_no_copy_here_starts_nothing(shelf: World, dataset: str) -> None:
    assert opened(shelf, dataset) == ""
    assert shelf.hub.done == []


def test_another_site_cannot_open_a_lab(shelf: World) -> None:
    answer = shelf.browser().post(f"{HOME}catalog/open", data={"dataset": "sst", "_xsrf": "guessed"})
    assert (answer.status_code, shelf.hub.done) == (403, [])


def test_hostile_texts_stay_texts(world: World) -> None:
    write_catalog(catalog_of(world), hostile())
    for address in ("catalog", f"catalog/{LONG}", "catalog?q=%3Cscript%3E&access=%22%3E%3Cb%3E"):
        raw = world.browser().get(f"{HOME}{address}").text
        assert "<script>alert" not in raw
        assert "onerror=" not in re.sub(r"&lt;.*?&gt;|\\u003c.*?\\u003e", "", raw)
        assert HOSTILE not in raw


def test_pages_carry_no_script_or_style_that_the_policy_would_refuse(shelf: World) -> None:
    for address in ("catalog", "catalog/sst"):
        answer = shelf.browser().get(f"{HOME}{address}")
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        assert not re.search(r'<script(?![^>]*(src=|type="application/(ld\+)?json"))', answer.text)
        assert not re.search(r"\sstyle=|\son[a-z]+=", answer.text)


def test_a_dataset_that_is_not_there_is_named(shelf: World) -> None:
    answer = shelf.anyone().get(f"{HOME}catalog/sts", headers=HTML)
    assert answer.status_code == 404
    assert "did you mean 'sst'" in text_of(answer.text)


def test_items_stand_in_a_table_with_pages(world: World) -> None:
    write_catalog(catalog_of(world), described("scenes"), items=[scene(number) for number in range(60)])
    page = get(world.anyone(), "catalog/scenes")
    assert page.count("<code>scene-") == 25
    follows = re.search(r'rel="next" href="/services/gaia/([^"]+)#items"', page)
    assert follows
    assert "<code>scene-030</code>" in get(world.anyone(), follows.group(1))


def scene(number: int) -> dict[str, object]:
    west = float(number)
    ring = [[west, 0.0], [west + 1, 0.0], [west + 1, 1.0], [west, 1.0], [west, 0.0]]
    return {
        "type": "Feature",
        "stac_version": "1.1.0",
        "id": f"scene-{number:03}",
        "collection": "scenes",
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "bbox": [west, 0.0, west + 1, 1.0],
        "properties": {"datetime": "2020-01-01T00:00:00Z"},
        "assets": {},
        "links": [],
    }


@pytest.mark.parametrize(
    ("back", "goal"),
    [
        (f"{HOME}catalog?q=sea", f"{HOME}catalog?q=sea"),
        ("https://elsewhere.example/", HOME),
        ("//elsewhere.example", HOME),
        (f"{HOME}\\elsewhere", HOME),
    ],
    ids=["our page", "another host", "no scheme", "a trick"],
)
def test_switching_the_language_goes_back_to_our_pages_only(shelf: World, back: str, goal: str) -> None:
    answer = shelf.anyone().post(f"{HOME}language", data={"code": "fr", "back": back})
    assert answer.headers["location"] == goal
