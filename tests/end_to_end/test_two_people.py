"""What one person must never reach of another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import httpx2
import pytest

from gaia_vre.isolation.bubblewrap import bubblewrap
from tests.support.environment import Environment
from tests.support.lab_client import Kernel, LabClient


@dataclass
class Two:
    ada: LabClient
    ada_kernel: Kernel
    mallory: LabClient
    mallory_kernel: Kernel

    def as_mallory(self, code: str) -> str:
        return self.mallory_kernel.execute(code).text


@pytest.fixture(scope="module")
def two(environment: Environment) -> Iterator[Two]:
    people = []
    for name in ("ada", "mallory"):
        client = LabClient(environment.url)
        client.login(name, environment.password())
        client.start_server()
        people += [client, client.open_notebook()]
    yield Two(*people)
    for client in (people[0], people[2]):
        client.stop_server()
    for each in people:
        each.close()


needs_bubblewrap = pytest.mark.skipif(
    bubblewrap() is None, reason="BUBBLEWRAP DOES NOT WORK HERE: labs are not separated"
)


@needs_bubblewrap
@pytest.mark.parametrize(
    "path",
    [
        pytest.param("homes/ada", id="the other home"),
        pytest.param("secrets.json", id="passwords"),
        pytest.param("hub/jupyterhub.sqlite", id="the hub's database"),
        pytest.param("hub/cookie_secret", id="the cookie secret"),
        pytest.param("service", id="the service's database"),
        pytest.param("gateway", id="the gateway's files"),
        pytest.param("status.json", id="the status"),
        pytest.param("logs", id="the logs"),
    ],
)
def test_files_of_others_are_not_there(environment: Environment, two: Two, path: str) -> None:
    assert (environment.state / path).exists()
    assert two.as_mallory(f"import os; print(os.path.exists({str(environment.state / path)!r}))").strip() == "False"


@needs_bubblewrap
def test_processes_of_others_are_not_seen(two: Two) -> None:
    seen = two.as_mallory(
        "import os; print([open(f'/proc/{p}/environ').read() for p in os.listdir('/proc') if p.isdigit()])"
    )
    assert "/ada/" not in seen
    assert "mallory" in seen


@needs_bubblewrap
def test_data_can_be_read_but_not_changed(environment: Environment, two: Two) -> None:
    folder = environment.catalog
    assert two.as_mallory(f"import os; print(len(os.listdir({folder!r})) > 0)").strip() == "True"
    told = two.as_mallory(f"open({folder!r} + '/x', 'w')")
    assert "Read-only" in told or "Permission denied" in told


@pytest.mark.parametrize(
    "path", ["lab", "api/contents", "api/kernels", "api/sessions", "files/kept.txt", "terminals/1"]
)
def test_the_server_of_another_is_closed(two: Two, path: str) -> None:
    answer = two.mallory.http.get(f"/user/ada/{path}")
    assert answer.status_code in (403, 404)


def test_a_token_of_one_lab_does_not_open_another(two: Two) -> None:
    token = two.as_mallory("import os; print(os.environ['JUPYTERHUB_API_TOKEN'])").strip()
    headers = {"Authorization": f"token {token}"}
    for name, statuses in (("mallory", {200}), ("ada", {403, 404})):
        url = f"{two.ada.http.base_url}".rstrip("/") + f"/user/{name}/api/contents"
        assert httpx2.get(url, headers=headers, timeout=30, trust_env=False).status_code in statuses


def test_the_kernel_of_another_is_closed(two: Two) -> None:
    address = f"{two.mallory.http.base_url}".rstrip("/") + f"/user/ada/api/kernels/{two.ada_kernel.id}/channels"
    with pytest.raises(Exception, match=r"403|404"):
        Kernel(two.ada_kernel.id, address, cookies=two.mallory.cookies("/user/mallory/"))


def test_the_hub_tells_nothing_of_another(two: Two) -> None:
    headers = two.mallory._headers("/hub/")
    assert two.mallory.http.get("/hub/api/users/ada", headers=headers).status_code in (403, 404)
    assert two.mallory.http.get("/hub/api/users", headers=headers).status_code == 403
    assert two.mallory.http.post("/hub/api/users/ada/server", headers=headers).status_code in (403, 404)
    assert two.mallory.http.delete("/hub/api/users/ada/server", headers=headers).status_code in (403, 404)


def test_the_cluster_and_dashboard_of_another_are_closed(two: Two) -> None:
    started = two.ada_kernel.execute(
        "import gaia_vre as gaia; c = gaia.cluster(workers=1)\nprint(c.name, c.dashboard_link)", seconds=180
    )
    assert started.status == "ok", started.text
    name, link = started.text.split()[-2:]
    try:
        assert two.ada.http.get(link).status_code == 200
        assert two.mallory.http.get(link).status_code in (403, 404)
        # The link holds a secret that only the owner is told; a stranger may know the cluster's name.
        guessed = link.replace("/user/ada/", "/user/mallory/").replace(link.split("/")[-2], "0" * 32)
        bare = f"{guessed.split(name)[0]}{name}/status"
        assert [two.mallory.http.get(path).status_code for path in (guessed, bare)] == [404, 404]
        code = (
            "from dask_gateway import Gateway\n"
            "g = Gateway()\n"
            "print([c.name for c in g.list_clusters()])\n"
            "try:\n"
            f"    g.stop_cluster({name!r})\n"
            "except Exception as error:\n"
            "    print('refused', type(error).__name__)\n"
            "g.close()"
        )
        told = two.as_mallory(code)
        assert told.startswith("[]")
        assert "refused" in told
        alive = two.ada_kernel.execute("c.get_client().submit(lambda: 42).result()", seconds=60)
        assert alive.text.strip() == "42", alive.text
    finally:
        two.ada_kernel.execute("c.close()")
