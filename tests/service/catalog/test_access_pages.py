"""What the pages of datasets with rights show, to whom."""

from __future__ import annotations

import html
import re

import pytest
from fastapi.testclient import TestClient

from tests.service.catalog.conftest import TEXT
from tests.service.conftest import HOME, World, proof


def page(client: TestClient, name: str) -> str:
    text = client.get(f"{HOME}catalog/{name}", headers={"Accept": "text/html"}).text
    return re.sub(r"[ \t]+", " ", html.unescape(text))


def test_who_may_read_opens_the_dataset(library: World) -> None:
    assert "Open in my lab" in page(library.browser(), "ocean-only")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("ocean-only", "These files are for ocean; Zoé Argo grants access"),
        ("argo-early", "under embargo|for argo until"),
    ],
)
def test_who_may_not_read_is_told_whom_to_ask(library: World, name: str, said: str) -> None:
    text = page(library.browser(user="bob"), name)
    assert re.search(said, text)
    assert "Open in my lab" not in text


def test_a_licence_is_read_and_accepted_on_the_page(library: World) -> None:
    browser = library.browser(user="bob")
    text = page(browser, "spot")
    assert TEXT in text
    assert "Open in my lab" not in text
    digest = re.search(r'name="digest" value="(\w+)"', text)
    assert digest
    form = {"_xsrf": proof(text), "dataset": "spot", "digest": digest.group(1)}
    answer = browser.post(f"{HOME}catalog/accept", data=form)
    assert answer.headers["location"] == f"{HOME}catalog/spot"
    assert "Open in my lab" in page(browser, "spot")


def test_anybody_reads_the_licence_and_signs_in_to_accept(library: World) -> None:
    text = page(library.anyone(), "spot")
    assert TEXT in text
    assert "Sign in to accept it." in text


def test_a_refused_dataset_opens_no_lab(library: World) -> None:
    browser = library.browser(user="bob")
    form = {"_xsrf": proof(browser.get(f"{HOME}catalog").text), "dataset": "ocean-only"}
    assert browser.post(f"{HOME}catalog/open", data=form).status_code == 403
    assert library.hub.done == []


def test_cards_say_what_stands_in_the_way(library: World) -> None:
    text = html.unescape(library.browser(user="bob").get(f"{HOME}catalog").text)
    assert "These files are for ocean" in text
    assert text.count('aria-label="Open in my lab') == 1
