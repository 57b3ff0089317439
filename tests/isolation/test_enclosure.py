from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx2
import psutil
import pytest

from gaia_vre.isolation.bubblewrap import bubblewrap
from gaia_vre.isolation.limits import limit_group, limits_work
from gaia_vre.isolation.processes import is_dead, workload
from tests.isolation.enclosed import Enclosed, enclosed
from tests.support.environment import until

pytestmark = pytest.mark.skipif(bubblewrap() is None, reason="bubblewrap does not work here")

_CONNECT = """
import socket
try:
    socket.create_connection(({host!r}, {port}), timeout=3)
    print("reached")
except OSError as error:
    print("refused", error.errno)
"""
_ASK = """
import urllib.request, urllib.error
request = urllib.request.Request({url!r}, method={method!r}, data={data!r})
try:
    print(urllib.request.urlopen(request, timeout=20).status)
except urllib.error.HTTPError as error:
    print(error.code, error.read().decode())
except OSError as error:
    print(error)
"""
_PROXIED = """
import http.client
way = http.client.HTTPConnection("127.0.0.1", 3128, timeout=20)
way.request("GET", {url!r})
answer = way.getresponse()
print(answer.status, answer.read().decode())
"""


@pytest.fixture(scope="module")
def inside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Enclosed]:
    with enclosed(tmp_path_factory.mktemp("sandboxes") / "abcd") as made:
        yield made


def ask(inside: Enclosed, url: str, method: str = "GET", data: bytes | None = None) -> str:
    return inside.run(_ASK.format(url=url, method=method, data=data))


@pytest.mark.parametrize(
    ("host", "what"),
    [
        ("10.0.0.1", "a private network"),
        ("192.168.1.1", "another private network"),
        ("169.254.169.254", "the metadata address"),
        ("1.1.1.1", "the world without the proxy"),
    ],
)
def test_no_network_is_there_but_its_own(inside: Enclosed, host: str, what: str) -> None:
    assert "refused" in inside.run(_CONNECT.format(host=host, port=80)), what


def test_ports_of_this_machine_are_not_there(inside: Enclosed, tmp_path: Path) -> None:
    with enclosed(tmp_path / "other") as other:
        assert "refused" in inside.run(_CONNECT.format(host="127.0.0.1", port=other.port))
        assert "refused" in inside.run(_CONNECT.format(host="127.0.0.1", port=other.hub.server_port))


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/",
        "http://localhost:{port}/",
        "http://[::1]:{port}/",
        "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.1/",
        "http://192.168.0.1/",
        "http://0.0.0.0/",
        "http://2130706433/",
        "http://[::ffff:10.0.0.1]/",
        "http://[64:ff9b::a00:1]/",
        "http://gaia.example.org/hub/",
    ],
)
def test_the_way_out_leads_to_no_private_place(inside: Enclosed, url: str) -> None:
    assert inside.run(_PROXIED.format(url=url.format(port=inside.hub.server_port))).startswith("403")
    assert not inside.hub.heard


def test_the_hub_hears_of_its_own_activity_only(inside: Enclosed) -> None:
    activity = f"{inside.hub.url}/hub/api/users/ada/activity"
    assert ask(inside, activity, "POST", b'{"servers": {"sandbox-abcd": {}}}') == "200\n"
    assert ask(inside, f"{inside.hub.url}/hub/api/user") == "200\n"
    inside.hub.heard.clear()
    for url, method, data in (
        (activity, "POST", b'{"servers": {"": {}}}'),
        (activity, "POST", b"[]"),
        (f"{inside.hub.url}/hub/api/users/ada/servers/sandbox-abcd", "DELETE", None),
        (f"{inside.hub.url}/hub/api/users/ada/tokens", "POST", b"{}"),
        (f"{inside.hub.url}/hub/api/users/ada/../../users", "GET", None),
        (f"{inside.hub.url}/user/ada/", "GET", None),
    ):
        assert ask(inside, url, method, data).startswith("403"), url
    assert not inside.hub.heard


def test_of_the_service_only_its_api_is_open(inside: Enclosed) -> None:
    assert ask(inside, f"{inside.service.url}/services/gaia/api/me") == "200\n"
    inside.service.heard.clear()
    for path in ("/services/gaia/metrics", "/services/gaia/api/../metrics", "/services/gaia/api/%2e%2e/metrics", "/"):
        assert ask(inside, inside.service.url + path).startswith("403"), path
    assert not inside.service.heard


def test_files_of_others_are_not_there(inside: Enclosed, tmp_path: Path) -> None:
    secret = tmp_path / "hub.sqlite"
    secret.write_text("secret")
    assert "FileNotFoundError" in inside.run(f"print(open({str(secret)!r}).read())")
    assert inside.run(f"import os; print(os.listdir({str(inside.folder)!r}))") == "['home']\n"


def test_it_sees_no_process_of_others(inside: Enclosed) -> None:
    seen = inside.run("import os; print(sum(name.isdigit() for name in os.listdir('/proc')))")
    assert int(seen) < 6


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"network": "allow-list", "hosts": ("github.com", "*.pangeo.io")}, "not among the hosts"),
        ({"network": "open"}, "not a public address"),
    ],
)
def test_other_hosts_are_named_when_refused(tmp_path: Path, given: dict[str, object], said: str) -> None:
    with enclosed(tmp_path / "one", **given) as made:
        assert said in ask(made, "http://10.1.2.3/")


def test_without_a_network_there_is_no_way_out(tmp_path: Path) -> None:
    with enclosed(tmp_path / "one", network="none") as made:
        assert "refused" in made.run(_CONNECT.format(host="127.0.0.1", port=3128))


def test_memory_is_written_to_in_bounded_places_only(inside: Enclosed) -> None:
    for path in ("/x", "/run/x", "/var/x", "/dev/x", "/etc/x"):
        assert "Read-only file system" in inside.run(f"open({path!r}, 'w')"), path
    for path in ("/tmp", "/var/tmp", "/dev/shm"):
        assert inside.run(f"import os; one = os.statvfs({path!r}); print(one.f_blocks * one.f_frsize)") == f"{2**30}\n"


def test_readers_of_remote_data_know_the_proxy(inside: Enclosed) -> None:
    code = "import os, json; print(json.loads(os.environ['FSSPEC_HTTP'])['client_kwargs'])"
    assert inside.run(code) == "{'trust_env': True}\n"


# The end -----------------------------------------------------------------------------------------


def test_it_ends_at_its_deadline_whoever_else_is_gone(tmp_path: Path) -> None:
    with enclosed(tmp_path / "one") as made:
        process = workload(made.process.pid)
        made.live(-1)
        assert "deadline" in made.ended()
        until(lambda: is_dead(process), 5, "what was inside has gone")


def test_it_ends_when_its_folder_is_taken_away(tmp_path: Path) -> None:
    with enclosed(tmp_path / "one") as made:
        (made.folder / "deadline").unlink()
        assert "deadline" in made.ended()


def test_a_longer_life_is_heard_of(tmp_path: Path) -> None:
    with enclosed(tmp_path / "one", seconds=4) as made:
        made.live(3600)
        assert made.run("import time; time.sleep(5); print('alive')") == "alive\n"


def test_what_fills_its_home_is_ended(tmp_path: Path) -> None:
    with enclosed(tmp_path / "one", home_bytes=5_000_000) as made:
        assert "File too large" in made.run("open('one', 'wb').write(b'x' * 10_000_000)")
        with pytest.raises(httpx2.TransportError):
            made.run("[open(f'{n}', 'wb').write(b'x' * 3_000_000) for n in range(5)]; import time; time.sleep(30)")
        assert "disk" in made.ended()


def test_what_makes_too_many_files_is_ended(tmp_path: Path) -> None:
    with enclosed(tmp_path / "one", home_files=100) as made:
        with pytest.raises(httpx2.TransportError):
            made.run("[open(f'{n}', 'w').close() for n in range(200)]; import time; time.sleep(30)")
        assert "files" in made.ended()


@pytest.mark.skipif(not limits_work("test"), reason="no control groups here")
def test_a_fork_bomb_hurts_only_itself(tmp_path: Path) -> None:
    group = limit_group("test", "bomb", 1, 1, processes=60)
    assert group
    with enclosed(tmp_path / "one", group=group) as made:
        made.run(
            "import os, time\nif os.fork() == 0:\n while True:\n  try: os.fork()\n  except OSError: time.sleep(0.1)"
        )
        assert "processes" in made.ended()
    group.remove()


def test_with_its_keeper_everything_inside_dies(tmp_path: Path) -> None:
    with enclosed(tmp_path / "one") as made:
        family = psutil.Process(made.process.pid).children(recursive=True)
        made.process.kill()
        until(lambda: all(map(is_dead, family)), 5, "nothing is left")


@pytest.mark.skipif(not limits_work("test"), reason="no control groups here")
def test_a_memory_hog_hurts_only_itself(tmp_path: Path) -> None:
    group = limit_group("test", "hog", 1, 0.2, processes=60)
    assert group
    with enclosed(tmp_path / "one", group=group) as made:
        with pytest.raises(httpx2.TransportError):
            made.run("x = bytearray(600_000_000)")
        made.ended()
        assert group.memory_kills() == 1
    group.remove()
