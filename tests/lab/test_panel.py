"""What a browser gets through its lab: what stands on the list, as the lab's owner, and nothing else."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from gaia_vre.lab.panel.allowed import is_allowed
from gaia_vre.lab.panel.memory import memory_of_server
from tests.support.lab_process import RunningLab, running_lab


@dataclass
class FakeService:
    """Stands for the service and for the gateway; remembers what it was asked."""

    answers: dict[str, tuple[int, str, bytes]] = field(default_factory=dict)
    asked: list[tuple[str, str, str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    """What came with POST, without who visits the lab, which is told some time."""

    def handler(self) -> type[BaseHTTPRequestHandler]:
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                headers = self.headers
                service.asked.append(
                    (self.command, self.path, headers.get("Authorization", ""), headers.get("Accept-Language", ""))
                )
                body = self.rfile.read(int(headers.get("Content-Length") or 0))
                if self.command == "POST" and not self.path.endswith("/visits"):
                    service.bodies.append(body)
                status, kind, content = service.answers.get(self.path.partition("?")[0], (404, "text/html", b"no"))
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Set-Cookie", "gaia-session=secret")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_POST = do_DELETE = do_GET  # noqa: N815 - http.server's name

            def log_message(self, *_: object) -> None:
                pass

        return Handler


@pytest.fixture(scope="module")
def service() -> Iterator[tuple[FakeService, str]]:
    fake = FakeService()
    server = ThreadingHTTPServer(("127.0.0.1", 0), fake.handler())
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield fake, f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def lab(service, tmp_path_factory) -> Iterator[RunningLab]:
    variables = {
        "GAIA_VRE_URL": f"{service[1]}/services/gaia",
        "DASK_GATEWAY__ADDRESS": f"{service[1]}/gateway",
        "DASK_GATEWAY__PUBLIC_ADDRESS": "/user/ada/proxy/8787",
        "GAIA_VRE_LEASE": "s-1",
        "MEM_LIMIT": str(4 * 2**30),
    }
    with running_lab(tmp_path_factory.mktemp("panel") / "home", **variables) as running:
        yield running


@pytest.fixture
def fake(service) -> FakeService:
    service[0].answers.clear()
    service[0].asked.clear()
    service[0].bodies.clear()
    return service[0]


def as_json(value: object, status: int = 200) -> tuple[int, str, bytes]:
    return status, "application/json", json.dumps(value).encode()


def test_a_search_is_passed_on_as_the_labs_owner_in_the_language_of_the_panel(lab, fake):
    fake.answers["/services/gaia/api/catalog/search"] = as_json({"matched": 7})
    answer = lab.http.get(
        "gaia/service/api/catalog/search",
        params=[("q", "température"), ("pole", "odatis"), ("pole", "theia")],
        headers={"Accept-Language": "fr"},
    )
    assert answer.json() == {"matched": 7}
    path = "/services/gaia/api/catalog/search?q=temp%C3%A9rature&pole=odatis&pole=theia"
    assert fake.asked == [("GET", path, f"token {lab.hub.token}", "fr")]
    assert lab.hub.token not in answer.text
    assert "gaia-session" not in str(answer.headers)


def test_where_the_work_of_a_sandbox_is_kept_is_passed_on_and_nothing_large(lab, fake):
    path = "/services/gaia/api/sandboxes/abcd/keep"
    fake.answers[path] = as_json({"folder": "Try"})
    assert lab.http.post("gaia/service/api/sandboxes/abcd/keep", json={"to": "project:heat"}).json()["folder"] == "Try"
    assert fake.bodies == [b'{"to":"project:heat"}']
    answer = lab.http.post("gaia/service/api/sandboxes/abcd/keep", json={"to": "x" * 3000})
    assert (answer.status_code, "at most 2,000" in answer.json()["detail"]) == (422, True)
    grace = {"Authorization": f"token {lab.hub.guest_token}"}
    assert lab.http.post("gaia/service/api/sandboxes/abcd/keep", json={}, headers=grace).status_code == 403
    assert len([one for one in fake.asked if one[1] == path]) == 1


def test_what_has_no_body_on_the_list_is_asked_without_one(lab, fake):
    fake.answers["/services/gaia/api/sandboxes/abcd/extend"] = as_json({})
    assert lab.http.post("gaia/service/api/sandboxes/abcd/extend", json={"minutes": 9}).status_code == 200
    assert fake.bodies == [b""]


def test_nobody_else_asks_through_a_lab(lab, fake):
    for path in ("gaia/service/api/servers", "gaia/lab", "gaia/clusters"):
        assert lab.http.get(path, headers={"Authorization": ""}).status_code in (302, 403)
    assert fake.asked == []


def test_who_shares_a_lab_searches_there_and_sees_nothing_of_what_its_owner_holds(lab, fake):
    grace = {"Authorization": f"token {lab.hub.guest_token}"}
    fake.answers["/services/gaia/api/catalog/search"] = as_json({"matched": 7})
    assert lab.http.get("gaia/service/api/catalog/search", headers=grace).json() == {"matched": 7}
    fake.asked.clear()
    for path in ("gaia/service/api/quotas/usage", "gaia/service/api/servers", "gaia/clusters"):
        answer = lab.http.get(path, headers=grace)
        assert answer.status_code == 403
        assert "ada's" in answer.json()["detail"]
    assert lab.http.delete("gaia/service/api/server", headers=grace).status_code == 403
    # That grace is here is told beside, some time.
    assert {path for _, path, *_ in fake.asked} <= {"/services/gaia/api/visits"}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "api/catalog/links"),
        ("GET", "api/catalog/search/"),
        ("GET", "api/quotas/accounts"),
        ("DELETE", "api/quotas/leases/s-1"),
        ("GET", "pictures/../api/me.png"),
        ("GET", "pictures/a/.hidden.png"),
        ("GET", "pictures/a%2F..%2Fb.png"),
        ("DELETE", "api/servers/../server"),
        ("DELETE", "api/clusters/.."),
        ("GET", "api/catalog/datasets/x\n/use"),
    ],
)
def test_what_is_not_on_the_list_is_not_asked(method, path):
    assert not is_allowed(method, path)


def test_a_refused_path_is_named(lab, fake):
    answer = lab.http.get("gaia/service/api/me")
    assert answer.status_code == 404
    assert "'api/me'" in answer.json()["detail"]
    assert fake.asked == []


def test_what_the_service_refuses_is_told_as_it_told_it(lab, fake):
    problem = {"code": "unavailable", "detail": "The catalog cannot be searched now"}
    fake.answers["/services/gaia/api/catalog/search"] = as_json(problem, 503)
    answer = lab.http.get("gaia/service/api/catalog/search")
    assert (answer.status_code, answer.json()) == (503, problem)


def test_a_page_in_place_of_an_answer_is_not_shown(lab, fake):
    fake.answers["/services/gaia/api/servers"] = (200, "text/html", b"<script>steal()</script>")
    answer = lab.http.get("gaia/service/api/servers")
    assert answer.status_code == 503
    assert "steal" not in answer.text


def test_a_question_has_a_limit(lab, fake):
    answer = lab.http.get("gaia/service/api/catalog/search", params={"q": "x" * 5000})
    assert answer.status_code == 422
    assert "4,000" in answer.json()["detail"]


def test_pictures_come_as_pictures(lab, fake):
    fake.answers["/services/gaia/pictures/sst/quicklook.png"] = (200, "image/png", b"\x89PNG")
    answer = lab.http.get("gaia/service/pictures/sst/quicklook.png")
    assert answer.content == b"\x89PNG"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_something_is_stopped(lab, fake):
    fake.answers["/services/gaia/api/clusters/a1"] = (204, "application/json", b"")
    assert lab.http.delete("gaia/service/api/clusters/a1").status_code == 204
    assert fake.asked[0][:2] == ("DELETE", "/services/gaia/api/clusters/a1")


def test_a_message_is_put_away(lab, fake):
    fake.answers["/services/gaia/api/messages/7/read"] = (204, "application/json", b"")
    assert lab.http.post("gaia/service/api/messages/7/read").status_code == 204
    assert fake.asked[0][:2] == ("POST", "/services/gaia/api/messages/7/read")


def test_clusters_come_with_their_private_dashboard_and_what_they_hold(lab, fake):
    fake.answers["/services/gaia/api/clusters"] = as_json([{"name": "a1", "workers": 2}, {"name": "silent"}])
    fake.answers["/gateway/api/v1/clusters/a1"] = as_json({"dashboard_route": "/clusters/a1/secret/status"})
    fake.answers["/gateway/clusters/a1/secret/json/counts.json"] = as_json({"bytes": 2**30})
    first, silent = lab.http.get("gaia/clusters").json()["clusters"]
    assert first["dashboard"] == "/user/ada/proxy/8787/clusters/a1/secret/status"
    assert first["data_bytes"] == 2**30
    assert silent == {"name": "silent", "dashboard": None, "data_bytes": None}


def test_a_service_that_is_gone_is_named(tmp_path):
    with running_lab(tmp_path / "home", GAIA_VRE_URL="http://127.0.0.1:9/services/gaia") as lab:
        answer = lab.http.get("gaia/service/api/servers")
    assert answer.status_code == 503
    assert "The GAIA service does not answer" in answer.json()["detail"]


def test_the_lab_tells_its_memory_against_its_limit(lab):
    told = lab.http.get("gaia/lab").json()
    assert told["lease"] == "s-1"
    assert 2**20 < told["memory_bytes"] < told["memory_limit_bytes"] == 4 * 2**30


def test_outside_a_container_memory_is_that_of_the_processes(tmp_path):
    assert memory_of_server(tmp_path).used > 2**20


@pytest.mark.parametrize("body", ["[]", "{}", '{"dataset": 5}', '{"dataset": "none-such"}'], ids=str)
def test_a_notebook_of_no_dataset_is_refused(lab, body):
    answer = lab.http.post("gaia/notebook", content=body, headers={"Content-Type": "application/json"})
    assert 400 <= answer.status_code < 504
    assert not (lab.home / "datasets").exists()
