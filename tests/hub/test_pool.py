from __future__ import annotations

import http.server
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest

from gaia_vre.core.settings import parse_settings
from gaia_vre.hub.choices import choose
from gaia_vre.hub.pool import Member, Pool
from gaia_vre.isolation.bubblewrap import bubblewrap
from gaia_vre.isolation.keeper import WAITING
from gaia_vre.isolation.processes import INSTANCE_VARIABLE, end_marked, is_dead, marked
from tests.support.environment import until

pytestmark = pytest.mark.skipif(bubblewrap() is None, reason="bubblewrap does not work here")


_started: list[Member] = []


class _Hub(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = b'{"version": "6.1.1"}'
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def pool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pool]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    addresses = {"hub_port": server.server_port}
    settings = parse_settings({"state": str(tmp_path), "sandboxes": {"pool": 1}, "addresses": addresses})
    pool = Pool(settings, f"pool-{os.getpid()}-{tmp_path.name}", tmp_path / "examples")
    (tmp_path / "sandboxes").mkdir()
    yield pool
    end_marked(INSTANCE_VARIABLE, pool.instance, 0)
    for member in _started:
        member.end()
        member.process.wait()
    _started.clear()
    server.shutdown()
    server.server_close()


def started(pool: Pool) -> Member:
    pool.step()
    (member,) = pool.members.values()
    _started.append(member)
    return member


def gone(pool: Pool) -> bool:
    return not [one for one in marked(INSTANCE_VARIABLE, pool.instance) if not is_dead(one)]


def become(pool: Pool, member: Member, name: str = "ada") -> str:
    server = f"sandbox-{member.number}"
    prefix, api = f"/user/{name}/{server}/", pool.settings.addresses.hub_api_url
    given = {
        "JUPYTERHUB_API_TOKEN": "secret-of-ada",
        "JUPYTERHUB_SERVICE_PREFIX": prefix,
        "JUPYTERHUB_API_URL": api,
        "JUPYTERHUB_USER": name,
        "JUPYTERHUB_SERVER_NAME": server,
        "JUPYTERHUB_CLIENT_ID": f"jupyterhub-user-{name}-{server}",
        "JUPYTERHUB_OAUTH_CALLBACK_URL": f"{prefix}oauth_callback",
        "JUPYTERHUB_SERVICE_URL": f"http://127.0.0.1:{member.port}{prefix}",
        "HOME": str(pool.folders.home(member.number)),
        "PATH": os.environ["PATH"],
    }
    assert member.become(pool.folder.sandboxes / member.number, name, [], given)
    return f"http://127.0.0.1:{member.port}{prefix}"


def answers(address: str) -> bool:
    try:
        return httpx2.get(f"{address}api", timeout=5, trust_env=False).status_code == 200
    except httpx2.TransportError:
        return False


def test_what_waits_is_nobodys_and_becomes_somebodys(pool: Pool) -> None:
    member = started(pool)
    assert list(pool.folders.numbers()) == []
    assert list(pool.folders.home(member.number).iterdir()) == []
    assert pool.folders.claim() == member.number
    assert pool.take(member.number, choose(pool.settings.labs, {})) is member
    address = become(pool, member)
    until(lambda: answers(address), 30, "the lab answers")
    for process in marked(INSTANCE_VARIABLE, pool.instance):
        assert "secret-of-ada" not in process.environ().values()


def test_each_serves_once(pool: Pool) -> None:
    member = started(pool)
    choice = choose(pool.settings.labs, {})
    assert (pool.folders.claim(), pool.folders.claim()) == (member.number, None)
    assert pool.take(member.number, choice) is member
    assert pool.take(member.number, choice) is None


def test_one_of_another_size_is_not_taken(pool: Pool) -> None:
    member = started(pool)
    assert pool.folders.claim() == member.number
    assert pool.take(member.number, choose(pool.settings.labs, {"size": pool.settings.labs.sizes[-1].name})) is None
    until(lambda: gone(pool), 20, "nothing of it is left")


def test_without_its_hub_it_ends(pool: Pool) -> None:
    member = started(pool)
    member.end()  # what a killed hub leaves: the end of the pipe
    until(lambda: gone(pool), 20, "nothing of it is left")


def test_there_are_never_more_than_the_settings_say(pool: Pool) -> None:
    for _ in range(3):
        pool.step()
    assert len(pool.members) == 1
    fewer = pool.settings.sandboxes.model_copy(update={"pool": 0})
    pool.settings = pool.settings.model_copy(update={"sandboxes": fewer})
    pool.step()
    assert (pool.members, gone(pool)) == ({}, True)
    assert list(pool.folder.sandboxes.iterdir()) == []


def test_one_that_died_leaves_nothing(pool: Pool) -> None:
    member = started(pool)
    member.process.kill()
    member.process.wait()
    pool.step()
    assert pool.members == {}
    assert list(pool.folder.sandboxes.iterdir()) == []


def test_one_that_died_after_it_was_claimed_leaves_its_files_to_the_service(pool: Pool) -> None:
    member = started(pool)
    assert pool.folders.claim() == member.number
    member.process.kill()
    member.process.wait()
    pool.step()
    assert member.number not in pool.members
    assert pool.folders.home(member.number).is_dir()
    assert not pool.folder.lab_log("", f"sandbox-{member.number}").exists()


def test_nothing_is_started_ahead_where_memory_is_short(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gaia_vre.hub.pool._SPARED_BYTES", psutil.virtual_memory().total)
    pool.step()
    assert pool.members == {}


def test_what_an_earlier_hub_left_is_a_leftover(pool: Pool) -> None:
    pool.folders.make("0123abcd")
    (pool.folder.sandboxes / "0123abcd" / WAITING).touch()
    output = pool.folder.lab_log("", "sandbox-0123abcd")
    output.parent.mkdir(parents=True)
    output.touch()
    assert list(pool.folders.numbers()) == []
    pool.begin()
    assert list(pool.folders.numbers()) == ["0123abcd"]
    assert not output.exists()
    assert pool.folders.claim() is None


def test_what_no_hub_has_seen_for_a_minute_is_a_leftover(pool: Pool) -> None:
    pool.folders.make("0123abcd")
    mark = pool.folder.sandboxes / "0123abcd" / WAITING
    mark.touch()
    os.utime(mark, (0, time.time() - 61))
    assert list(pool.folders.numbers()) == ["0123abcd"]
    assert pool.folders.claim() is None
