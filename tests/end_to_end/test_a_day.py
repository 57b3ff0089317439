"""What a scientist does in a day: sign in, start, open data, compute, stop."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.support.environment import Environment, until
from tests.support.lab_client import Kernel, LabClient

SignIn = Callable[[str], LabClient]


def run_notebook(lab: LabClient, path: str) -> Kernel:
    """Execute every code cell of a notebook in the lab, as *Run all* does."""
    notebook = lab.api("GET", f"contents/{path}").json()["content"]
    kernel = lab.open_notebook(path)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            reply = kernel.execute(cell["source"])
            assert reply.status == "ok", f"{cell['source']}\n{reply.text}"
    return kernel


@pytest.mark.parametrize(
    "order",
    [
        pytest.param("01", id="first steps"),
        pytest.param("02", id="Dask on the cluster"),
        pytest.param("03", id="map and time series"),
        pytest.param("04", id="ocean and climate model"),
        pytest.param("05", id="species and seismograms"),
    ],
)
def test_every_example_runs_in_a_lab(sign_in: SignIn, order: str) -> None:
    lab = sign_in("ada")
    lab.start_server({"size": "large", "environment": "pangeo"})
    names = until(lambda: example_names(lab), 20, "the examples are in the lab")
    run_notebook(lab, next(name for name in names if name.rsplit("/", 1)[1].startswith(order))).close()


def example_names(lab: LabClient) -> list[str]:
    answer = lab.api("GET", "contents/examples")
    entries = answer.json()["content"] if answer.status_code == 200 else []
    found = [entry["path"] for entry in entries if entry["path"].endswith(".ipynb")]
    return found if len(found) >= 5 else []


def test_two_workers_compute_the_right_number(sign_in: SignIn) -> None:
    lab = sign_in("ada")
    lab.start_server()
    kernel = lab.open_notebook()
    code = (
        "import gaia_vre as gaia, dask.array as da\n"
        "cluster = gaia.cluster(workers=2)\n"
        "total = int(da.arange(10_000_000, chunks=500_000).sum().compute())\n"
        "workers = len(cluster.scheduler_info['workers'])\n"
        "cluster.close()\n"
        "print(total, workers)"
    )
    reply = kernel.execute(code, seconds=180)
    assert reply.text.strip().endswith("49999995000000 2"), reply.text
    kernel.close()


def test_the_catalog_is_there_without_set_up(sign_in: SignIn) -> None:
    lab = sign_in("ada")
    lab.start_server()
    kernel = lab.open_notebook()
    reply = kernel.execute("import intake; print(len(list(intake.cat.gaia)) > 5)")
    assert reply.text.strip() == "True", reply.text
    reply = kernel.execute("import gaia_vre as gaia; print(gaia.open('no-such-thing'))")
    assert "NotFound" in reply.text
    kernel.close()


def test_files_outlive_a_server_and_nothing_else_does(environment: Environment, sign_in: SignIn) -> None:
    lab = sign_in("grace")
    lab.start_server()
    lab.upload("kept.txt", "kept")
    lab.stop_server()
    until(lambda: not environment.servers_of("grace"), 20, "nothing of the server is left")
    lab.start_server()
    assert lab.api("GET", "contents/kept.txt").json()["content"] == "kept"


def test_the_chosen_size_is_a_limit(environment: Environment, sign_in: SignIn) -> None:
    if "not enforced" in environment.output:
        pytest.skip("LIMITS ARE NOT ENFORCED HERE: this machine gives no control groups")
    lab = sign_in("grace")
    lab.start_server({"size": "small", "environment": "pangeo"})
    kernel = lab.open_notebook()
    reply = kernel.execute(
        "import subprocess, sys; subprocess.call([sys.executable, '-c', 'bytearray(b\"1\") * (5 << 30)'])"
    )
    assert reply.text.strip() == "-9", reply.text
    kernel.close()


def test_status_tells_what_a_program_needs(environment: Environment) -> None:
    status = environment.status()
    assert status["url"] == environment.url
    assert [user["admin"] for user in status["users"]] == [True, False]
    assert all(each["ready"] and each["pid"] for each in status["processes"]), json.dumps(status["processes"])
