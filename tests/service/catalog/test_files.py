"""Files with rights: only with a link of one's own, only below their folder."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

from gaia_vre.core.state import StateFolder
from tests.service.catalog.test_access_api import links
from tests.service.conftest import HOME, World

FILE = "zarr/a.zarr/zarr.json"


def folder(world: World, dataset: str = "ocean-only", user: str = "ada") -> str:
    answer = links(world, dataset, user)
    assert answer.status_code == 200, answer.text
    return f"{HOME}{answer.json()['path']}"


@pytest.fixture
def anyone(library: World) -> TestClient:
    return library.anyone()


def test_one_link_opens_every_file_of_the_dataset(library: World, anyone: TestClient) -> None:
    place = folder(library)
    assert anyone.get(f"{place}/{FILE}").text == "content of ocean-only"
    assert anyone.get(f"{place}/zarr/a.zarr/page.html").status_code == 200
    assert anyone.get(f"{place}/zarr/a.zarr/c/0/0").status_code == 404


def test_parts_validators_and_heads(library: World, anyone: TestClient) -> None:
    address = f"{folder(library)}/{FILE}"
    part = anyone.get(address, headers={"Range": "bytes=0-6"})
    assert (part.status_code, part.text, part.headers["content-range"]) == (206, "content", "bytes 0-6/21")
    assert anyone.get(address, headers={"Range": "bytes=900-"}).status_code == 416
    whole = anyone.head(address)
    assert (whole.status_code, whole.content, whole.headers["content-length"]) == (200, b"", "21")
    again = anyone.get(address, headers={"If-None-Match": whole.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert anyone.post(address).status_code == 405


def test_a_browser_keeps_what_it_gets_and_never_runs_it(library: World, anyone: TestClient) -> None:
    headers = anyone.get(f"{folder(library)}/zarr/a.zarr/page.html").headers
    assert headers["content-type"] == "application/octet-stream"
    assert headers["content-disposition"] == "attachment"
    assert headers["x-content-type-options"] == "nosniff"


def test_a_link_ends(library: World, anyone: TestClient) -> None:
    address = f"{folder(library)}/{FILE}"
    library.later(minutes=59)
    assert anyone.get(address).status_code == 200
    library.later(minutes=1)
    answer = anyone.get(address)
    assert answer.status_code == 403
    assert "ended at 2026-11-24 13:00:00" in answer.json()["detail"]


def test_a_link_does_not_outlive_its_right_for_long(library: World) -> None:
    folder(library)
    library.hub.tokens["ada-token"]["groups"] = []
    library.parts.login._remembered.clear()  # what 20 s do
    assert links(library, "ocean-only").status_code == 403


def test_a_link_of_another_dataset_opens_nothing(library: World, anyone: TestClient) -> None:
    address = folder(library).replace("ocean-only", "argo-early")
    assert anyone.get(f"{address}/{FILE}").status_code == 403


def test_somebody_who_says_who_they_are_cannot_use_anothers_link(library: World) -> None:
    address = f"{folder(library)}/{FILE}"
    assert library.program("ada-token").get(address).status_code == 200
    answer = library.program("bob-token").get(address)
    assert answer.status_code == 403
    assert "somebody else" in answer.json()["detail"]
    assert library.browser(user="bob").get(address).status_code == 403
    assert library.program("no-token").get(address).status_code == 401


FORGED = {
    "nothing": "~",
    "two parts": "~ffffffffff.YWRh",
    "a signature of nothing": "~{expires}.{person}.",
    "another signature": "~{expires}.{person}.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "a later end": "~7fffffffff.{person}.{signature}",
    "another person": "~{expires}.Ym9i.{signature}",
    "a negative end": "~-1.{person}.{signature}",
    "an end beyond time": "~ffffffffffffffff.{person}.{signature}",
    "no hexadecimal": "~zz.{person}.{signature}",
    "no base64": "~{expires}.{person}.%C3%A9",
    "a long one": "~" + "a" * 1500,
}


@pytest.mark.parametrize("segment", FORGED.values(), ids=FORGED)
def test_a_forged_link_opens_nothing(library: World, anyone: TestClient, segment: str) -> None:
    place, _, known = folder(library).rpartition("/~")
    expires, person, signature = known.split(".")
    given = segment.format(expires=expires, person=person, signature=signature)
    assert anyone.get(f"{place}/{given}/{FILE}").status_code == 403


OUTSIDE = [
    "../../../secrets.json",
    "..%2f..%2f..%2fsecrets.json",
    "%2e%2e/%2e%2e/%2e%2e/secrets.json",
    "%252e%252e/%252e%252e/secrets.json",
    "zarr/../../argo-early/zarr/a.zarr/zarr.json",
    "zarr%2f..%2f..%2fargo-early%2fzarr%2fa.zarr%2fzarr.json",
    "..%5c..%5csecrets.json",
    "%2fetc%2fpasswd",
    "/etc/passwd",
    "zarr/a.zarr/zarr.json%00.txt",
    "outwards",
    "outwards-folder/passwd",
    "zarr",
    "zarr/",
    "",
    ".",
    "a" * 300,
    "b" * 5000,
]


@pytest.mark.parametrize("path", OUTSIDE)
def test_nothing_outside_the_datasets_folder_is_there(library: World, anyone: TestClient, path: str) -> None:
    state = StateFolder(library.parts.settings.state)
    state.secrets.write_text("secret")
    (state.restricted / "ocean-only" / "outwards").symlink_to(state.secrets)
    (state.restricted / "ocean-only" / "outwards-folder").symlink_to(Path("/etc"))
    answer = anyone.get(f"{folder(library)}/{path}")
    assert answer.status_code in (401, 404, 422)
    assert "secret" not in answer.text


@pytest.mark.parametrize("dataset", ["..", "%2e%2e", ".hidden", "a%2fb", "%00"])
def test_a_dataset_is_a_plain_name(anyone: TestClient, dataset: str) -> None:
    assert anyone.get(f"{HOME}files/{dataset}/~x.y.z/{FILE}").status_code in (401, 403, 404, 422)


def test_without_a_link_one_is_sent_on_with_one(library: World) -> None:
    plain = f"{HOME}files/ocean-only/{FILE}"
    sent = library.program().get(plain)
    assert sent.status_code == 307
    assert sent.headers["cache-control"] == "no-store"
    assert library.anyone().get(sent.headers["location"]).text == "content of ocean-only"
    assert library.browser().get(plain).status_code == 307
    assert library.program("bob-token").get(plain).status_code == 403
    assert library.anyone().get(plain).status_code == 401


def test_one_is_sent_on_to_a_file_of_any_name(library: World) -> None:
    name = "50 % d’été?.tif"
    (StateFolder(library.parts.settings.state).restricted / "ocean-only" / name).write_text("warm")
    sent = library.program().get(f"{HOME}files/ocean-only/{quote(name)}")
    assert library.anyone().get(sent.headers["location"]).text == "warm"


def test_a_script_of_a_lab_gets_no_link_with_somebodys_session(library: World) -> None:
    script = {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
    answer = library.browser().get(f"{HOME}files/ocean-only/{FILE}", headers=script)
    assert answer.status_code == 401
