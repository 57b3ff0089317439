"""The lab's own address for messages: a real lab before a service that breaks in every way."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest

from gaia_vre.lab.events import AWAY, Relay
from tests.support.lab_process import RunningLab, running_lab
from tests.support.running_service import running


def event(number: int) -> bytes:
    return f'id: {number}\nevent: message\ndata: {{"id": {number}}}\n\n'.encode()


@dataclass
class Service:
    """Answers each request with the next part of its play, then keeps the last stream open."""

    play: list[bytes | int] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.asked.append(headers | {"path": scope["path"], "query": scope["query_string"].decode()})
        part = self.play.pop(0) if self.play else b""
        status, body = (part, b"{}") if isinstance(part, int) else (200, part)
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"text/plain")]})
        await send({"type": "http.response.body", "body": body, "more_body": True})
        if status == 200 and not self.play:
            while (await receive())["type"] != "http.disconnect":
                pass
            return
        await send({"type": "http.response.body", "body": b""})


@pytest.fixture
def service() -> Iterator[tuple[Service, str]]:
    app = Service()
    with running(app) as url:
        yield app, url


def relayed(url: str, last: str, enough: int) -> list[bytes]:
    """Return what a relay passes on until that is enough."""
    found: list[bytes] = []

    async def listen() -> None:
        done = asyncio.Event()

        def forward(events: bytes) -> None:
            found.append(events)
            if b"".join(found).count(b"\n\n") >= enough:
                done.set()

        task = asyncio.ensure_future(Relay(url, "its-token", last, forward).run((0.01, 0.02, 0.02)))
        await asyncio.wait_for(done.wait(), 20)
        task.cancel()

    asyncio.run(listen())
    return b"".join(found).split(b"\n\n")[:-1]


def test_only_whole_events_pass_and_it_goes_on_after_the_last(service: tuple[Service, str]) -> None:
    app, url = service
    app.play = [event(1) + event(2)[:20], 500, event(2) + b":\n\n" + event(3)[:-1], event(3)]
    parts = relayed(url, "", 5)
    assert [part for part in parts if part.startswith(b"id")] == [event(number)[:-2] for number in (1, 2, 3)]
    assert parts.count(AWAY[:-2]) == 1
    assert [one.get("last-event-id") for one in app.asked] == [None, "1", "1", "2"]
    assert {one["authorization"] for one in app.asked} == {"token its-token"}


def test_an_answer_that_is_no_stream_is_not_passed_on(service: tuple[Service, str]) -> None:
    app, url = service
    app.play = [401, 404, 503, b"x" * 300_000, event(7)]
    assert relayed(url, "5", 2) == [AWAY[:-2], event(7)[:-2]]
    assert {one["last-event-id"] for one in app.asked} == {"5"}


def test_a_service_that_is_not_there_is_said_once() -> None:
    assert relayed("http://127.0.0.1:9", "", 1) == [AWAY[:-2]]


@pytest.fixture
def lab(service: tuple[Service, str], tmp_path: Any) -> Iterator[RunningLab]:
    with running_lab(tmp_path / "home", GAIA_VRE_URL=service[1]) as lab:
        yield lab


def test_a_page_of_the_lab_gets_the_owners_messages_and_never_the_token(
    service: tuple[Service, str], lab: RunningLab
) -> None:
    app, _ = service
    app.play = [event(4)]
    with lab.http.stream("GET", "gaia/events?language=fr", headers={"Last-Event-ID": "3"}) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        text = ""
        for chunk in answer.iter_text():
            text += chunk
            if "data:" in text:
                break
    assert json.loads(text.partition("data: ")[2]) == {"id": 4}
    (asked,) = app.asked
    assert (asked["path"], asked["query"], asked["last-event-id"]) == ("/api/events", "language=fr", "3")
    assert asked["authorization"].removeprefix("token ") not in text


def test_a_guest_of_the_lab_hears_nothing_of_its_owner(service: tuple[Service, str], lab: RunningLab) -> None:
    guest = {"Authorization": f"token {lab.hub.guest_token}"}
    answer = httpx2.get(f"{lab.url}gaia/events", headers=guest, trust_env=False)
    assert answer.status_code == 403
    # That a guest came in is told meanwhile; nothing is asked for them.
    assert [one["path"] for one in service[0].asked if one["path"] != "/api/visits"] == []


def test_who_is_not_signed_in_to_the_lab_hears_nothing(lab: RunningLab) -> None:
    answer = httpx2.get(f"{lab.url}gaia/events", trust_env=False)
    assert answer.status_code in (302, 403)
