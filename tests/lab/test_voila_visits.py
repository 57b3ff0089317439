"""What a visitor can do to the kernel and the folder behind a page of Voilà: move its widgets, and nothing else."""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import nbformat
import pytest
import websocket
from jupyter_server.services.kernels.connection.base import serialize_binary_message, serialize_msg_to_ws_v1
from tornado.web import HTTPError

from gaia_vre.lab.programs.voila_app import MOST_KERNELS, SocketVoila
from gaia_vre.lab.programs.voila_visits import V1, may_open, may_send
from tests.support.app_process import running_app

KERNEL = "/api/kernels/01234567-0123-0123-0123-0123456789ab/channels"
OVERLAPPING = b"".join(one.to_bytes(8, "little") for one in (3, 32, 40, 8))
EXECUTES = [
    "execute_request",
    "complete_request",
    "inspect_request",
    "history_request",
    "is_complete_request",
    "debug_request",
    "shutdown_request",
    "interrupt_request",
    "create_subshell_request",
    "input_reply",
    "no_such_request",
]
NOT_NAMED = [
    "table.csv",
    "plot.png",
    ".hidden.png",
    "program.py",
    "page.ipynb",
    "voila.json",
    "../heat/table.csv",
    "%2e%2e/heat/table.csv",
    "voila/tree",
    "voila/tree/",
    "voila/api/contents/",
    "voila/render/page.ipynb",
]
CODE = "from pathlib import Path; Path({path!r}).write_text('executed')"


def message(kind: str, channel: str = "shell", **content: Any) -> dict[str, Any]:
    header = {"msg_id": uuid.uuid4().hex, "msg_type": kind, "username": "eve", "session": "a", "version": "5.4"}
    header["date"] = "2026-11-24T12:00:00Z"
    return {"channel": channel, "header": header, "parent_header": {}, "metadata": {}, "content": content}


def as_v1(told: dict[str, Any]) -> bytes:
    parts = [json.dumps(told[name]).encode() for name in ("header", "parent_header", "metadata", "content")]
    return bytes(serialize_msg_to_ws_v1(parts, told["channel"]))


def as_binary(told: dict[str, Any]) -> bytes:
    return serialize_binary_message(told | {"buffers": [b"more"]})


# Messages ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["comm_msg", "comm_open", "comm_close", "comm_info_request", "kernel_info_request"])
def test_what_widgets_say_goes_on(kind: str) -> None:
    told = message(kind)
    assert may_send(json.dumps(told), None)
    assert may_send(as_binary(told), None)
    assert may_send(as_v1(told), V1)


@pytest.mark.parametrize(
    "kind",
    EXECUTES,
)
@pytest.mark.parametrize("channel", ["shell", "control", "stdin"])
def test_nothing_that_executes_goes_on(kind: str, channel: str) -> None:
    told = message(kind, channel, code="1")
    assert not may_send(json.dumps(told), None)
    assert not may_send(as_binary(told), None)
    assert not may_send(as_v1(told), V1)


def test_a_message_is_read_as_the_server_of_the_kernel_reads_it() -> None:
    told = message("execute_request", code="1")
    twice = json.dumps(told).replace(
        '"msg_type": "execute_request"', '"msg_type": "comm_msg", "msg_type": "execute_request"'
    )
    assert not may_send(twice, None)
    assert not may_send(json.dumps(told | {"msg_type": "comm_msg"}), None)
    assert not may_send(as_v1(message("comm_msg")), None)
    assert not may_send(json.dumps(message("comm_msg")), V1)


@pytest.mark.parametrize("sent", ["", "{}", "[]", "null", b"", b"\0" * 8, b"\xff" * 64, OVERLAPPING, '{"header": 1}'])
@pytest.mark.parametrize("subprotocol", [None, V1])
def test_what_cannot_be_read_goes_nowhere(sent: str | bytes, subprotocol: str | None) -> None:
    assert not may_send(sent, subprotocol)


@pytest.mark.parametrize(
    ("path", "offered", "allowed"),
    [
        (KERNEL, [], True),
        (KERNEL, [V1], True),
        (KERNEL, ["other", V1], False),
        (KERNEL, [V1, V1], False),
        ("/api/kernels/x/channels", [], False),
        ("/terminals/websocket/1", [], False),
        ("/voila/execution/01234567-0123-0123-0123-0123456789ab", [], False),
        (f"/x/..{KERNEL}", [], False),
    ],
)
def test_the_one_websocket_is_that_of_the_kernel(path: str, offered: list[str], allowed: bool) -> None:
    assert may_open(path, offered) is allowed


def test_so_many_kernels_run_for_visitors_and_no_more() -> None:
    app = SocketVoila()
    app.kernel_manager = ["a kernel"] * (MOST_KERNELS - 1)
    app._check_room(None, notebook=None, cwd="")
    app.kernel_manager.append("one more")
    with pytest.raises(HTTPError) as refused:
        app._check_room(None, notebook=None, cwd="")
    assert refused.value.status_code == 503


# For real ---------------------------------------------------------------------------------------


@dataclass
class Page:
    """A page that a visitor has loaded."""

    url: str
    folder: Path
    text: str

    @property
    def kernel(self) -> str:
        return re.findall(r'"kernelId": ?"([0-9a-f-]{36})"', self.text)[0]

    def get(self, path: str, method: str = "GET") -> httpx2.Response:
        return httpx2.request(method, self.url + path, follow_redirects=True, timeout=60, trust_env=False)

    def connect(self, *offered: str) -> websocket.WebSocket:
        address = f"{self.url.replace('http', 'ws', 1)}api/kernels/{self.kernel}/channels?session_id=a"
        return websocket.create_connection(address, subprotocols=list(offered) or None, timeout=30)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    folder = tmp_path_factory.mktemp("projects") / "heat"
    folder.mkdir()
    cells = [nbformat.v4.new_code_cell("secret = 'in the source'\nprint('shown ' + str(6 * 7))")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / "page.ipynb")
    for name in ("table.csv", "plot.png", "logo.png", ".hidden.png", "program.py"):
        (folder / name).write_text(f"content of {name}")
    (folder / "voila.json").write_text(json.dumps({"VoilaConfiguration": {"file_allowlist": ["logo.*", ".*hidden.*"]}}))
    with running_app("voila", folder / "page.ipynb") as url:
        yield Page(url, folder, httpx2.get(url, timeout=120, trust_env=False).text)


def test_a_page_shows_what_its_cells_say_and_not_their_source(page: Page) -> None:
    assert "shown 42" in page.text
    assert "in the source" not in page.text


@pytest.mark.parametrize("offered", [(), (V1,)], ids=["older", "newer"])
def test_a_visitor_executes_nothing(page: Page, offered: tuple[str, ...]) -> None:
    written = page.folder / f"written-{len(offered)}"
    asked = message("execute_request", code=CODE.format(path=str(written)), silent=False, store_history=False)
    known = message("kernel_info_request")
    connection = page.connect(*offered)
    for one in (asked, asked | {"channel": "control"}, known):
        connection.send(as_v1(one), websocket.ABNF.OPCODE_BINARY) if offered else connection.send(json.dumps(one))
    if not offered:
        connection.send(as_binary(asked), websocket.ABNF.OPCODE_BINARY)
    answers, deadline = b"", time.monotonic() + 30
    while known["header"]["msg_id"].encode() not in answers and time.monotonic() < deadline:
        said = connection.recv()
        answers += said if isinstance(said, bytes) else said.encode()
    time.sleep(1)
    connection.close()
    assert known["header"]["msg_id"].encode() in answers
    assert asked["header"]["msg_id"].encode() not in answers
    assert not written.exists()


def test_a_visitor_who_offers_two_ways_of_talking_is_refused(page: Page) -> None:
    with pytest.raises(websocket.WebSocketBadStatusException, match="403"):
        page.connect("other", V1)


@pytest.mark.parametrize(
    "path", ["api/kernels", "api/sessions", "api/contents", "api/terminals", "terminals/websocket/1"]
)
def test_no_kernel_is_made_or_listed_by_a_visitor(page: Page, path: str) -> None:
    assert page.get(path).status_code in (403, 404)
    assert page.get(path, "POST").status_code in (403, 404, 405)


@pytest.mark.parametrize(
    "path",
    NOT_NAMED,
)
@pytest.mark.parametrize("below", ["", "voila/files/"])
def test_no_file_is_shown_that_the_notebook_does_not_name(page: Page, path: str, below: str) -> None:
    answer = page.get(below + path)
    assert "content of" not in answer.text
    assert "in the source" not in answer.text
    assert answer.status_code in (403, 404) or "shown 42" in answer.text


def test_a_file_that_is_named_is_shown(page: Page) -> None:
    assert page.get("logo.png").text == "content of logo.png"


def test_a_page_asks_nothing_of_other_hosts(page: Page) -> None:
    loaded = re.findall(r'(?:<script[^>]* src|<link[^>]* href)="(https?:)?//', page.text)
    assert loaded == []
