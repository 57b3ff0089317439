"""Use a hub and its labs over HTTP and websocket, in the order a browser would."""

from __future__ import annotations

import json
import re
import time
import uuid
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import httpx2
import websocket

from gaia_vre.core.kinds import SANDBOX_SERVER


class LabError(Exception):
    """The hub or the lab answered something else than expected."""


@dataclass(frozen=True)
class Reply:
    """What one cell gave."""

    status: str
    text: str
    """Everything printed, the result's plain text and any error, in order."""
    outputs: tuple[dict[str, Any], ...] = field(repr=False, default=())


class Kernel:
    """One kernel, over the websocket that JupyterLab uses."""

    def __init__(self, kernel_id: str, address: str, *, cookies: str = "", token: str = "") -> None:
        self.id = kernel_id
        self._session = uuid.uuid4().hex
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(address))
        self._socket = websocket.create_connection(
            f"{address.replace('http', 'ws', 1)}?session_id={self._session}",
            cookie=cookies or None,
            header=[f"Authorization: token {token}"] if token else None,
            origin=origin,
            timeout=120,
            skip_utf8_validation=True,  # in pure Python it takes longer than the server for a message of some MB
        )

    def execute(self, code: str, seconds: float = 120) -> Reply:
        """Run one cell and wait for its reply and for the kernel to be idle again."""
        message_id = self.begin(code)
        status, outputs, deadline = "", [], time.monotonic() + seconds
        idle = False
        while not (status and idle):
            message = self._receive(deadline)
            if message["parent_header"].get("msg_id") != message_id:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "execute_reply":
                status = content["status"]
            elif kind == "status":
                idle = content["execution_state"] == "idle"
            elif kind in ("stream", "execute_result", "display_data", "error"):
                outputs.append({"kind": kind, **content})
        return Reply(status, "".join(map(_text, outputs)), tuple(outputs))

    def begin(self, code: str) -> str:
        """Send one cell and return its message's id."""
        return self._send("execute_request", {"code": code, "silent": False, "store_history": True})

    def wait(self, seconds: float = 120) -> None:
        """Return when the kernel has answered who it is, as JupyterLab does before the first cell."""
        message_id, deadline = self._send("kernel_info_request", {}), time.monotonic() + seconds
        while True:
            message = self._receive(deadline)
            if message["msg_type"] == "kernel_info_reply" and message["parent_header"].get("msg_id") == message_id:
                return

    def close(self) -> None:
        self._socket.close()
        self._socket.shutdown()  # one that the server has closed is left open by the line above

    def __enter__(self) -> Kernel:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _send(self, kind: str, content: dict[str, Any]) -> str:
        message_id = uuid.uuid4().hex
        header = {"msg_id": message_id, "msg_type": kind, "session": self._session, "username": "", "version": "5.3"}
        message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
        self._socket.send(json.dumps(message))
        return message_id

    def _receive(self, deadline: float) -> dict[str, Any]:
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            raise LabError(f"kernel {self.id}: no reply in time")
        self._socket.settimeout(remaining)
        return json.loads(self._socket.recv())


def _alert(page: str) -> str:
    """Return what a page says in its alert, as text."""
    found = re.search(r'role="alert">(.*?)</div>', page, re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split()) if found else "no reason given"


def _text(output: dict[str, Any]) -> str:
    if output["kind"] == "stream":
        return output["text"]
    if output["kind"] == "error":
        return "\n".join(output["traceback"])
    return output["data"].get("text/plain", "")


class _Form(HTMLParser):
    """Collect what a browser would send for the hub's start form when nobody has touched it."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self._inside = False
        self._select: str | None = None

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "form"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = given.get("id") == "spawn_form"
        if not self._inside:
            return
        if tag == "input" and given.get("name") and not _unsent(given):
            self.values[given["name"]] = given.get("value", "on")
        elif tag == "select":
            self._select = given.get("name")
        elif tag == "option" and self._select and ("selected" in given or self._select not in self.values):
            self.values[self._select] = given.get("value", "")


def _unsent(given: dict[str, str]) -> bool:
    kind = given.get("type", "text")
    return kind in ("submit", "button", "reset", "file") or (kind in ("radio", "checkbox") and "checked" not in given)


def form_values(page: str) -> dict[str, str]:
    """Return the values of the page's start form as they stand."""
    form = _Form()
    form.feed(page)
    return form.values


class LabClient:
    """One person's browser: cookies, XSRF tokens, one lab.

    Parameters
    ----------
    url
        Address of the hub's proxy, as a person would type it.
    server
        Name of a named server; empty is the person's own lab.
    """

    def __init__(self, url: str, server: str = "") -> None:
        self.http = httpx2.Client(base_url=url, follow_redirects=True, timeout=120)
        self.username = ""
        self._server = server

    @property
    def prefix(self) -> str:
        """Path under which this person's lab is served; a sandbox is of a user of its own."""
        user = self._server if self._server.startswith(SANDBOX_SERVER) else self.username
        return f"/user/{user}/" + (f"{self._server}/" if self._server else "")

    def login(self, username: str, password: str) -> httpx2.Response:
        """Fill in the hub's login form; raises LabError when the hub refuses."""
        self.http.get("/hub/login")
        form = {"username": username, "password": password, "_xsrf": self._xsrf("/hub/")}
        response = self.http.post("/hub/login", data=form)
        if response.status_code != 200 or response.url.path.endswith("/login"):
            raise LabError(f"login of {username!r} refused: {response.status_code}")
        self.username = username
        return response

    def start_server(self, options: dict[str, str] | None = None, seconds: float = 120) -> None:
        """Press Start, with these choices and the form's own for the rest; wait for JupyterLab's page."""
        path = f"/hub/spawn/{self.username}" + (f"/{self._server}" if self._server else "")
        response = self.http.get(path)
        if response.url.path == path:  # a hub that asks what to start
            form = {**form_values(response.text), **(options or {}), "_xsrf": self._xsrf("/hub/")}
            response = self.http.post(path, data=form)
        if "/hub/spawn-pending/" in response.url.path:
            self._follow_progress(seconds)
        elif response.status_code >= 400 or not response.url.path.startswith(self.prefix):
            raise LabError(f"start refused: {response.status_code} at {response.url.path}: {_alert(response.text)}")
        self.open_lab(seconds)

    def open_lab(self, seconds: float = 30) -> None:
        """Load JupyterLab's page, through OAuth with the hub when needed."""
        deadline = time.monotonic() + seconds
        while True:
            response = self.http.get(f"{self.prefix}lab")
            if response.status_code == 200 and response.url.path == f"{self.prefix}lab":
                return
            if time.monotonic() > deadline:
                raise LabError(f"no JupyterLab: {response.status_code} at {response.url.path}")
            time.sleep(0.1)

    def stop_server(self, seconds: float = 60) -> None:
        """Press Stop and wait until the hub says the server is gone."""
        name = f"servers/{self._server}" if self._server else "server"
        path = f"/hub/api/users/{self.username}/{name}"
        deadline = time.monotonic() + seconds
        while self.http.delete(path, headers=self._headers("/hub/")).status_code == 202:
            if time.monotonic() > deadline:
                raise LabError("the server does not stop")
            time.sleep(0.1)

    def api(self, method: str, path: str, **options: Any) -> httpx2.Response:
        """Call the lab's own REST API; the path is below the lab's ``api/``."""
        return self.http.request(method, f"{self.prefix}api/{path}", headers=self._headers(self.prefix), **options)

    def open_notebook(self, path: str = "Untitled.ipynb") -> Kernel:
        """Start a session for a notebook as JupyterLab does, and connect to its kernel."""
        session = {"path": path, "name": path.rpartition("/")[2], "type": "notebook", "kernel": {"name": "python3"}}
        response = self.api("POST", "sessions", json=session)
        if response.status_code != 201:
            raise LabError(f"no session: {response.status_code} {response.text[:500]}")
        kernel = self.connect(response.json()["kernel"]["id"])
        kernel.wait()
        return kernel

    def connect(self, kernel_id: str) -> Kernel:
        """Open a websocket to a running kernel."""
        address = f"{self.http.base_url}".rstrip("/") + f"{self.prefix}api/kernels/{kernel_id}/channels"
        return Kernel(kernel_id, address, cookies=self.cookies(self.prefix))

    def upload(self, path: str, text: str) -> None:
        """Write a text file into the home."""
        model = {"type": "file", "format": "text", "content": text}
        response = self.api("PUT", f"contents/{path}", json=model)
        if response.status_code not in (200, 201):
            raise LabError(f"{path} not written: {response.status_code} {response.text[:500]}")

    def cookies(self, path: str) -> str:
        """Return the Cookie header that a browser would send to this path."""
        sent = [cookie for cookie in self.http.cookies.jar if path.startswith(cookie.path)]
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in sent)

    def service(self) -> httpx2.Client:
        """Return a client of the service's API with a token of this person, as `gaia-vre login` makes one."""
        path = f"/hub/api/users/{self.username}/tokens"
        answer = self.http.post(path, json={"expires_in": 3600}, headers=self._headers("/hub/"))
        headers = {"Authorization": f"token {answer.json()['token']}"}
        url = f"{self.http.base_url}".rstrip("/")
        return httpx2.Client(base_url=f"{url}/services/gaia/api", headers=headers, timeout=120)

    def close(self) -> None:
        self.http.close()

    def __enter__(self) -> LabClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _follow_progress(self, seconds: float) -> None:
        """Wait on the event stream of the hub's progress page."""
        name = f"servers/{self._server}" if self._server else "server"
        path = f"/hub/api/users/{self.username}/{name}/progress"
        with self.http.stream("GET", path, params={"_xsrf": self._xsrf("/hub/")}, timeout=seconds) as events:
            for line in events.iter_lines():
                event = json.loads(line[5:]) if line.startswith("data:") else {}
                if event.get("failed"):
                    raise LabError(f"start failed: {event.get('message')}")
                if event.get("ready"):
                    return
        raise LabError("the hub's progress ended before the server was ready")

    def _xsrf(self, path: str) -> str:
        found = [c for c in self.http.cookies.jar if c.name == "_xsrf" and path.startswith(c.path)]
        return max(found, key=lambda c: len(c.path)).value or "" if found else ""

    def _headers(self, path: str) -> dict[str, str]:
        return {"X-XSRFToken": self._xsrf(path), "Referer": f"{self.http.base_url}".rstrip("/") + path}
