"""Files of other archives: links signed for people, keys that stay in the service."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pystac
import pytest

from gaia_vre.catalog.engine.load import build
from gaia_vre.client import ServiceClient
from gaia_vre.core.state import StateFolder
from gaia_vre.linked import signed
from gaia_vre.local.processes import plan
from gaia_vre.local.secrets import Secrets
from tests.catalog.engine.documents import COLLECTIONS, ITEMS
from tests.service.catalog.conftest import with_access
from tests.service.catalog.test_access_api import API
from tests.service.conftest import HOME, World
from tests.service.fakes import NOON
from tests.test_client import URL, Bridge

KEY = "a-geodes-key"
CONTENT = b"0123456789" * 100


ANSWERS: dict[str, tuple[Any, ...]] = {
    "/a.zip": (200, CONTENT, {"ETag": '"x"', "Set-Cookie": "a=b", "Content-Type": "text/html"}),
    "/moved": (302, b"", {"Location": "https://cloud.example.org/signed"}),
    "/inwards": (302, b"", {"Location": "http://169.254.169.254/latest"}),
    "/broken": (500, b"oops"),
}


class Archive(BaseHTTPRequestHandler):
    """Signs, and gives files to who sends the key."""

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path == "/sign":
            asked = parse_qs(parts.query)["url"][0]
            signed = asked.replace("localhost", "127.0.0.1") if "wrong" in asked else f"{asked}?signed"
            self._send(200, json.dumps({"href": signed, "expiry": "2026-11-24T12:10:00Z"}).encode())
        elif self.headers.get("X-API-Key") != KEY:
            self._send(401, b"")
        elif parts.path == "/a.zip" and self.headers.get("Range") == "bytes=10-19":
            self._send(206, CONTENT[10:20], **{"Content-Range": f"bytes 10-19/{len(CONTENT)}"})
        else:
            self._send(*ANSWERS.get(parts.path, (404, b"")))

    def do_HEAD(self) -> None:
        self.do_GET()

    def _send(self, status: int, content: bytes, headers: dict[str, str] | None = None, **more: str) -> None:
        self.send_response(status)
        for name, value in ((headers or {}) | more).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)


@pytest.fixture
def host() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Archive)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def outside(world: World, host: str, monkeypatch: pytest.MonkeyPatch) -> World:
    """A dataset of an archive that wants a key, and one of an archive that signs."""
    for name, value in (("GEODES_KEY", KEY), ("THEIA_ACCESS", "access"), ("THEIA_SECRET", "secret")):
        monkeypatch.setenv(name, value)
    names = ("a.zip", "moved", "inwards", "broken", "gone")
    assets = {name: {"href": f"http://{host}/{name}"} for name in names}
    assets["elsewhere"] = {"href": "http://169.254.169.254/latest/meta-data"}
    localhost = f"localhost:{host.partition(':')[2]}"
    images = {name: {"href": f"http://{localhost}/{name}.tif"} for name in ("right", "wrong")}
    items = [
        ITEMS[0] | {"id": "one", "collection": "sst", "assets": assets},
        ITEMS[0] | {"id": "spot", "collection": "sst", "assets": images},
    ]
    folder = StateFolder(world.parts.settings.state).catalog
    folder.mkdir(parents=True)
    build(folder / "catalog.sqlite", [COLLECTIONS[0] | {"id": "sst"}], items)
    theia = {"kind": "teledetection", "key_variable": "THEIA_ACCESS", "secret_variable": "THEIA_SECRET"}
    signers = [
        {"name": "geodes", "kind": "header", "hosts": [host], "key_variable": "GEODES_KEY"},
        theia | {"name": "theia", "hosts": [localhost], "url": f"http://{host}/sign"},
    ]
    return with_access(world, signers=signers)


def address(world: World, asset: str = "a.zip", item: str = "one") -> str:
    answer = world.program().post(f"{API}/links", json={"dataset": "sst", "item": item, "assets": [asset]})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["assets"][asset]).removeprefix("http://127.0.0.1:8000")


def test_a_file_passes_through_and_the_key_stays_here(outside: World) -> None:
    answer = outside.anyone().get(address(outside))
    assert (answer.status_code, answer.content) == (200, CONTENT)
    assert KEY not in address(outside) + str(answer.headers)
    assert answer.headers["content-type"] == "application/octet-stream"
    assert "set-cookie" not in answer.headers


def test_parts_and_heads_pass_too(outside: World) -> None:
    part = outside.anyone().get(address(outside), headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content, part.headers["content-range"]) == (206, b"0123456789", "bytes 10-19/1000")
    head = outside.anyone().head(address(outside))
    assert (head.status_code, head.headers["content-length"]) == (200, "1000")


def test_a_redirection_is_the_readers_to_follow(outside: World) -> None:
    answer = outside.anyone().get(address(outside, "moved"))
    assert (answer.status_code, answer.headers["location"]) == (307, "https://cloud.example.org/signed")
    assert outside.anyone().get(address(outside, "inwards")).status_code == 503


@pytest.mark.parametrize(("asset", "status"), [("gone", 404), ("broken", 503)])
def test_what_the_archive_cannot_give_is_told(outside: World, asset: str, status: int) -> None:
    answer = outside.anyone().get(address(outside, asset))
    assert answer.status_code == status
    assert "geodes" in answer.json()["detail"]


def test_nothing_but_what_the_catalog_names_is_asked_for(outside: World) -> None:
    place = address(outside).partition("?")[0]
    for query in ("asset=elsewhere&item=one", "asset=a.zip&item=two", "asset=http://169.254.169.254/", "", "item=one"):
        assert outside.anyone().get(f"{place}?{query}").status_code == 404
    wanted = {"dataset": "sst", "item": "one", "assets": ["elsewhere"]}
    assert outside.program().post(f"{API}/links", json=wanted).status_code == 404


def test_a_signed_link_leads_to_the_archive_itself_and_says_when_it_ends(outside: World, host: str) -> None:
    wanted = {"dataset": "sst", "item": "spot", "assets": ["right"]}
    found = outside.program().post(f"{API}/links", json=wanted).json()
    assert found["assets"]["right"] == f"http://localhost:{host.partition(':')[2]}/right.tif?signed"
    assert found["expires"] == "2026-11-24T12:10:00Z"


def test_a_link_to_another_host_is_not_handed_on(outside: World) -> None:
    answer = outside.program().post(f"{API}/links", json={"dataset": "sst", "item": "spot", "assets": ["wrong"]})
    assert answer.status_code == 503
    assert "another host" in answer.json()["detail"]


def test_stac_clients_learn_where_links_are_given(outside: World) -> None:
    found = outside.anyone().get(f"{HOME}stac/collections/sst/items/one").json()
    assert found["assets"]["a.zip"]["auth:refs"] == ["gaia-links"]
    scheme = found["properties"]["auth:schemes"]["gaia-links"]
    flow = scheme["flows"]["authorizationCode"]
    assert scheme["type"] == "signedUrl"
    assert flow["authorizationApi"] == f"http://127.0.0.1:8000{API}/links"
    assert "auth:refs" not in found["assets"]["elsewhere"]


def test_items_found_with_pystac_are_signed_in_place(outside: World) -> None:
    def service() -> ServiceClient:
        return ServiceClient(URL, "ada-token", transport=Bridge(outside.anyone()))

    found = outside.anyone().get(f"{HOME}stac/collections/sst/items/spot").json()
    items = pystac.ItemCollection([pystac.Item.from_dict(found)])
    items[0].assets.pop("wrong")
    assert signed(items, service) is items
    assert items[0].assets["right"].href.endswith("/right.tif?signed")
    found["assets"].pop("wrong")
    assert signed({"type": "FeatureCollection", "features": [found]}, service)["features"] == [found]
    assert found["assets"]["right"]["href"].endswith("/right.tif?signed")
    assert signed({"type": "Collection", "id": "sst"}, service) == {"type": "Collection", "id": "sst"}
    plain = pystac.Item("x", None, None, NOON, {}, assets={"a": pystac.Asset("https://example.org/a.tif")})
    assert signed(plain, service).assets["a"].href == "https://example.org/a.tif"


def test_the_keys_are_given_to_the_service_alone(outside: World, tmp_path: Any) -> None:
    names = Secrets.__dataclass_fields__
    processes = plan(outside.parts.settings, Secrets(**dict.fromkeys(names, "x")), tmp_path)
    assert [one.name for one in processes if KEY in one.environment.values()] == ["service"]
