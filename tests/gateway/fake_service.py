"""The service's leases, decided by a real ledger on SQLite; a test makes it silent or lets something happen between."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2

from gaia_vre.core.amounts import micro, plain
from gaia_vre.core.errors import GaiaError, NotAllowed
from gaia_vre.database.engine import make_engine
from gaia_vre.database.migrate import upgrade
from gaia_vre.gateway.admission import Admission
from gaia_vre.quotas.accounts import Accounts
from gaia_vre.quotas.checking import differences
from gaia_vre.quotas.clock import LedgerClock
from gaia_vre.quotas.ledger import Ledger, Wanted
from gaia_vre.quotas.model import Holding, Lease, Rate
from tests.quotas.conftest import allowance

PREFIX = "/services/gaia/api/quotas/leases"
TOKEN = "token-of-the-gateway"
PROJECT = "project:ocean"
_ONE = 1_000_000


class Desk:
    """What the routes of the service do, on accounts of Ada and Eve: a project for both, and one each."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.engine = make_engine(f"sqlite:///{folder / 'service.sqlite'}")
        upgrade(self.engine)
        self.accounts, self.ledger, self.clock = Accounts(self.engine), Ledger(self.engine), LedgerClock(self.engine)
        now = datetime.now(UTC)
        self.accounts.create("site", "local", None, "This machine", now)
        self.accounts.create("community", "local", "site:local", "Local", now)
        self.accounts.create("project", "ocean", "community:local", "Ocean heat", now)
        for person in ("ada", "eve"):
            self.accounts.create("person", person, "community:local", person, now)
            self.accounts.create("ceiling", person, None, person, now)
        self.asked: list[tuple[str, str]] = []
        self.silent = False
        self.groups: list[str] | None = None
        """As they were told last."""

    def close(self) -> None:
        self.engine.dispose()

    def allow(self, name: str = PROJECT, **limits: float) -> None:
        self.accounts.allow(name, allowance(**limits))

    def held(self, dimension: str = "workers", account: str = PROJECT) -> float:
        return plain(getattr(self.accounts.find(account).held, dimension))

    def live(self) -> list[Lease]:
        return self.ledger.live()

    def check(self) -> None:
        assert differences(self.engine, datetime.now(UTC)) == []

    def answer(self, method: str, path: str, body: Any) -> tuple[int, dict[str, Any]]:
        """Return status and document of an answer, as the service's routes give them."""
        self.asked.append((method, path))
        lease, _, action = path.partition("?")[0].strip("/").partition("/")
        try:
            if method == "DELETE":
                return 200, {"released": self.ledger.release(lease, self.clock.now())}
            if action == "resize":
                return 200, self._resize(lease, body)
            return 201, self._reserve(body)
        except GaiaError as error:
            return error.status, {"code": error.code, "detail": error.message}

    def _reserve(self, body: dict[str, Any]) -> dict[str, Any]:
        account, self.groups = body.get("account") or PROJECT, body["groups"]
        if account == "person:eve" and body["username"] != "eve":
            raise NotAllowed(f"{body['username']} may not pay with {account}")
        base = replace(_holding(body), clusters=_ONE)
        parent = body.get("parent")
        wanted = Wanted(body["id"], "cluster", body["username"], body["thing"], account, Rate(base), parent)
        known = self.ledger.find(body["id"])
        lease = self.ledger.reserve(wanted, self.clock.now(), forced=body["forced"])
        workers = body["workers"]
        if known:
            granted, message = round(plain(known.rate.holding.workers)), ""
        else:
            told = self._resize(lease.id, {"base": body, "each": workers, "count": workers["count"]})
            granted, message = told["granted"], told["message"]
        until = datetime.now(UTC).isoformat()
        return {"id": lease.id, "account": account, "granted_workers": granted, "message": message, "until": until}

    def _resize(self, lease: str, body: dict[str, Any]) -> dict[str, Any]:
        base, each = replace(_holding(body["base"]), clusters=_ONE), replace(_holding(body["each"]), workers=_ONE)
        grown = self.ledger.resize(lease, base, each, body["count"], self.clock.now())
        said = f"{grown.granted} of {body['count']} workers: {grown.refusal.message}" if grown.refusal else ""
        return {"granted": grown.granted, "message": said}


def _holding(size: dict[str, Any]) -> Holding:
    return Holding(cores=micro("cores", size["cores"]), memory=micro("memory", size["memory_gib"]))


def admission_of(desk: Desk) -> Admission:
    """Return the gateway's way to this desk, without a port."""

    def handle(request: httpx2.Request) -> httpx2.Response:
        if desk.silent:
            raise httpx2.ConnectError("silent", request=request)
        body = json.loads(request.content) if request.content else None
        status, told = desk.answer(request.method, request.url.path.removeprefix(PREFIX), body)
        return httpx2.Response(status, json=told)

    return Admission("http://service/services/gaia", TOKEN, httpx2.MockTransport(handle))


class FakeService(ThreadingHTTPServer):
    """The desk behind HTTP; answers only the gateway's token."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.desk = Desk(folder)
        self.before: Callable[[str, str], None] = _nothing
        """Called with method and path before something is decided, and `after` when it is not told yet."""
        self.after: Callable[[str, str], None] = _nothing
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def __exit__(self, *error: object) -> None:
        self.shutdown()
        super().__exit__(*error)
        self.desk.close()


class _Answers(BaseHTTPRequestHandler):
    server: FakeService

    def _answer(self) -> None:
        service, path = self.server, self.path.removeprefix(PREFIX)
        length = int(self.headers.get("Content-Length", 0))
        body = json.loads(self.rfile.read(length)) if length else None
        if path.endswith("/"):
            return self._write(307, {})
        if self.headers["Authorization"] != f"token {TOKEN}" or path == self.path:
            return self._write(403, {"code": "not-allowed", "detail": "Only the gateway may"})
        if service.desk.silent:
            return self._write(502, {})
        service.before(self.command, path.partition("?")[0])
        status, told = service.desk.answer(self.command, path, body)
        service.after(self.command, path.partition("?")[0])
        return self._write(status, told)

    def _write(self, status: int, told: dict[str, Any]) -> None:
        text = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_POST(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    def log_message(self, *arguments: object) -> None:
        pass


def _nothing(method: str, path: str) -> None:
    del method, path
