"""May I read, what must I accept, who grants: over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from gaia_vre.service.catalog.acceptances import Acceptances
from tests.service.catalog.conftest import TEXT, with_access
from tests.service.conftest import HOME, World, proof
from tests.service.fakes import NOON

API = f"{HOME}api/catalog"


def access(world: World, dataset: str, user: str = "ada") -> dict[str, Any]:
    answer = world.program(f"{user}-token").get(f"{API}/datasets/{dataset}/access")
    assert answer.status_code == 200, answer.text
    return answer.json()


def accept(world: World, dataset: str, digest: str, user: str = "ada") -> Any:
    return world.program(f"{user}-token").post(f"{API}/datasets/{dataset}/accept", json={"digest": digest})


def links(world: World, dataset: str, user: str = "ada", **body: Any) -> Any:
    return world.program(f"{user}-token").post(f"{API}/links", json={"dataset": dataset} | body)


def test_a_public_dataset_is_for_all(library: World) -> None:
    assert access(library, "open-sst", "bob")["reason"] == "public"


def test_a_member_of_the_group_may_read_and_others_learn_whom_to_ask(library: World) -> None:
    assert access(library, "ocean-only")["allowed"]
    refused = access(library, "ocean-only", "bob")
    assert not refused["allowed"]
    assert refused["who"] == "Zoé Argo"
    assert "Zoé Argo grants access" in refused["message"]


def test_administrators_are_not_let_in_silently(library: World) -> None:
    assert "Administrators add people to groups" in access(library, "ocean-only", "root")["message"]
    assert links(library, "ocean-only", "root").status_code == 403


def test_an_embargo_ends_by_itself(library: World) -> None:
    assert access(library, "argo-early")["reason"] == "embargo"
    library.later(days=60)
    assert access(library, "argo-early")["allowed"]


def test_people_read_the_text_accept_it_and_get_links(library: World) -> None:
    shown = access(library, "spot", "bob")
    assert not shown["allowed"]
    assert shown["licence"]["text"] == TEXT
    assert links(library, "spot", "bob").status_code == 403
    assert accept(library, "spot", shown["licence"]["digest"], "bob").json()["allowed"]
    assert links(library, "spot", "bob").status_code == 200
    kept = Acceptances(library.parts.engine).all()
    assert [(one.username, one.licence, one.accepted) for one in kept] == [("bob", "spot-terms", NOON)]
    assert not access(library, "spot")["allowed"]


def test_a_changed_text_closes_the_files_until_it_is_accepted_too(library: World) -> None:
    accept(library, "spot", access(library, "spot")["licence"]["digest"])
    with_access(library, licences=[{"key": "spot-terms", "title": "SPOT", "text": "You may nothing."}])
    assert not access(library, "spot")["allowed"]


def test_another_text_than_the_shown_one_is_not_accepted(library: World) -> None:
    answer = accept(library, "spot", "0" * 64)
    assert answer.status_code == 422
    assert "read it again" in answer.json()["detail"]
    assert Acceptances(library.parts.engine).all() == []


def test_a_licence_without_a_text_opens_nothing_and_cannot_be_accepted(library: World) -> None:
    assert not access(library, "unknown-terms")["allowed"]
    answer = accept(library, "unknown-terms", "0" * 64)
    assert answer.status_code == 404
    assert "'lost-terms' is not known here" in answer.json()["detail"]


def test_a_dataset_without_a_licence_has_none_to_accept(library: World) -> None:
    assert accept(library, "ocean-only", "0" * 64).status_code == 422


def test_a_service_accepts_no_licence(library: World) -> None:
    token = {"Authorization": "token service-token"}
    answer = library.anyone().post(f"{API}/datasets/spot/accept", json={"digest": "0" * 64}, headers=token)
    assert answer.status_code == 403


def test_a_browser_proves_its_page(library: World) -> None:
    browser = library.browser()
    body = {"digest": access(library, "spot")["licence"]["digest"]}
    assert browser.post(f"{API}/datasets/spot/accept", json=body).status_code == 403
    known = {"X-XSRFToken": proof(browser.get(HOME).text)}
    assert browser.post(f"{API}/datasets/spot/accept", json=body, headers=known).status_code == 200


def test_the_message_is_in_the_readers_language(library: World) -> None:
    answer = library.program("bob-token").get(f"{API}/datasets/ocean-only/access", headers={"Accept-Language": "fr-FR"})
    assert answer.json()["message"] == "Ces fichiers sont réservés à ocean\xa0; Zoé Argo en accorde l’accès."


def test_links_name_the_files_asked_for(library: World) -> None:
    found = links(library, "ocean-only", assets=["data"]).json()
    assert found["expires"] == "2026-11-24T13:00:00Z"
    assert found["assets"]["data"].startswith(f"http://127.0.0.1:8000{HOME}{found['path']}/zarr/a.zarr")
    unknown = links(library, "ocean-only", assets=["dato"])
    assert unknown.status_code == 404
    assert "did you mean 'data'" in unknown.json()["detail"]


@pytest.mark.parametrize(
    "body",
    [{}, {"dataset": "../x"}, {"dataset": "ocean-only", "assets": ["x"] * 1001}, {"dataset": "a", "user": "bob"}, []],
    ids=["nothing", "a path", "too many", "another key", "a list"],
)
def test_unfit_requests_for_links_are_refused(library: World, body: Any) -> None:
    assert library.program().post(f"{API}/links", json=body).status_code == 422


def test_a_huge_body_is_refused(library: World) -> None:
    assert library.program().post(f"{API}/links", content=b"x" * 10_000_000).status_code == 413


def test_nobody_gets_links_without_signing_in(library: World) -> None:
    assert library.anyone().post(f"{API}/links", json={"dataset": "ocean-only"}).status_code == 401


def test_an_unknown_dataset_is_named(library: World) -> None:
    answer = library.program().get(f"{API}/datasets/ocean-onli/access")
    assert answer.status_code == 404
    assert "ocean-only" in answer.json()["detail"]
