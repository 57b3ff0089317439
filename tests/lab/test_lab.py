"""The lab as the hub starts it: a real process, its server, its kernels."""

import ast
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import websocket

import gaia_vre
from tests.support.lab_process import running_lab

NOT_AT_START = {
    "alembic",
    "bokeh",
    "dask",
    "dask_labextension",
    "distributed",
    "httpx",
    "jupyter_lsp",
    "jupyter_server_proxy",
    "jupyterhub.handlers",
    "jupyterhub.orm",
    "matplotlib",
    "numpy",
    "pandas",
    "panel",
    "requests",
    "sqlalchemy",
    "xarray",
}


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lab")
    source = folder / "source"
    source.mkdir()
    (source / "first.ipynb").write_text("{}")
    with running_lab(folder / "home", GAIA_VRE_EXAMPLES=str(source), DASK_GATEWAY__ADDRESS="http://127.0.0.1:9") as lab:
        yield lab


def eventually(condition, seconds=15):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.05)


def children(lab):
    pids = Path(f"/proc/{lab.process.pid}/task/{lab.process.pid}/children").read_text().split()
    return [int(pid) for pid in pids]


def runtime_folder(kernel):
    return Path(kernel.execute("import os; print(os.environ['JUPYTER_RUNTIME_DIR'])").text.strip())


def gone(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_nobody_is_let_in_without_the_hubs_word(lab):
    assert lab.http.get("api/contents", headers={"Authorization": "token wrong"}).status_code == 403
    page = lab.http.get("lab", headers={"Authorization": ""}, follow_redirects=False)
    assert page.status_code == 302
    assert "/hub/api/oauth2/authorize" in page.headers["Location"]


def test_jupyterlab_is_the_first_page(lab):
    response = lab.http.get("", follow_redirects=True)
    assert response.status_code == 200
    assert response.url.path.endswith("/lab")
    assert '"appName": "JupyterLab"' in response.text


def test_the_hub_hears_of_activity(lab):
    eventually(lambda: lab.hub.activity)
    assert "last_activity" in lab.hub.activity[0]["servers"][""]


def test_examples_are_copied_into_the_home(lab):
    eventually((lab.home / "examples" / "first.ipynb").exists)


def test_terminals_can_be_opened(lab):
    name = lab.http.post("api/terminals").json()["name"]
    assert lab.http.delete(f"api/terminals/{name}").status_code == 204


def test_the_first_kernel_and_the_next_are_no_different(lab):
    (lab.home / "work").mkdir()
    seen = []
    code = (
        "import os, sys, json; print(json.dumps([sorted(set(os.environ) - {'JPY_SESSION_NAME'}), sys.argv[0], sys.path,"
        " os.getcwd(), __name__, repr(sys.flags), os.getpgid(0) == os.getpid(), sorted(globals())]))"
    )
    for name in ("first", "second"):
        with lab.open_notebook(f"work/{name}.ipynb") as kernel:
            assert kernel.execute("1 + 1").text == "2"
            seen.append(json.loads(kernel.execute(code).text))
            assert kernel.execute("os.environ['JPY_SESSION_NAME']").text == f"'{lab.home}/work/{name}.ipynb'"
    assert seen[0] == seen[1]
    assert seen[0][3] == str(lab.home / "work")


def test_the_spare_imports_only_what_every_kernel_has(lab):
    lab.open_notebook("first-or-later.ipynb").close()
    with lab.open_notebook("started-cold.ipynb") as kernel:
        loaded = kernel.execute("import sys; print('\\n'.join(sys.modules))").text.split()
    program = Path(gaia_vre.__path__[0], "lab", "warm.py").read_text()
    used = ast.literal_eval(program.partition("USED_BY_KERNELS = ")[2].partition(")")[0] + ")")
    assert "ipykernel.kernelapp" in used
    assert set(used) <= set(loaded)


def test_kernels_talk_over_sockets_that_only_the_owner_reaches(lab):
    with lab.open_notebook("sockets.ipynb") as kernel:
        runtime = runtime_folder(kernel)
    connection = runtime / f"kernel-{kernel.id}.json"
    assert json.loads(connection.read_text())["transport"] == "ipc"
    assert connection.stat().st_mode & 0o777 == 0o600
    assert runtime.stat().st_mode & 0o077 == 0


def test_a_kernel_can_be_interrupted_and_started_again(lab):
    with lab.open_notebook("again.ipynb") as kernel:
        kernel.execute("x = 1")
        assert lab.http.post(f"api/kernels/{kernel.id}/interrupt").status_code == 204
    assert lab.http.post(f"api/kernels/{kernel.id}/restart").status_code == 200
    with lab.connect(kernel.id) as again:
        again.wait()
        assert "NameError" in again.execute("x").text


def test_the_dask_panel_finds_no_clusters_without_dask_being_loaded(lab):
    assert lab.http.get("dask/clusters").json() == []
    assert lab.http.get("dask/clusters", headers={"Authorization": ""}).status_code == 403


def test_the_dask_panel_is_loaded_at_its_first_use(lab):
    assert lab.http.get("dask/clusters/6f6e6c79-6f6e-6c79-6f6e-6c796f6e6c79").status_code == 404
    assert lab.http.get("dask/clusters").json() == []


ECHO = """
import tornado.web, tornado.websocket
class Page(tornado.web.RequestHandler):
    def get(self): self.write("a page of mine")
class Echo(tornado.websocket.WebSocketHandler):
    def on_message(self, message): self.write_message(message)
server = tornado.web.Application([("/page", Page), ("/echo", Echo)]).listen(0, "127.0.0.1")
print(next(iter(server._sockets.values())).getsockname()[1])
"""


def test_a_port_of_the_lab_is_reached_through_it_by_its_owner_alone(lab):
    with lab.open_notebook("proxy.ipynb") as kernel:
        port = kernel.execute(ECHO).text.strip()
        assert lab.http.get(f"proxy/{port}/page").text == "a page of mine"
        assert lab.http.get(f"proxy/{port}/page", headers={"Authorization": ""}).status_code in (302, 403)
        address = f"{lab.url.replace('http', 'ws', 1)}proxy/{port}/echo"
        echo = websocket.create_connection(address, header=[f"Authorization: token {lab.hub.token}"], timeout=10)
        echo.send("as sent")
        assert echo.recv() == "as sent"
        echo.close()


def test_a_silent_cell_is_seen_as_busy(lab):
    with lab.open_notebook("long.ipynb") as kernel:
        kernel.begin("import time; time.sleep(3)")
        eventually(lambda: lab.get(f"kernels/{kernel.id}")["execution_state"] == "busy")


def test_the_lab_and_its_kernels_end_together_when_it_is_killed(tmp_path):
    with running_lab(tmp_path / "home") as lab:
        lab.open_notebook().close()
        kernels = children(lab)
        assert kernels
        lab.process.send_signal(signal.SIGKILL)
        eventually(lambda: all(map(gone, kernels)))


def test_a_spare_that_nobody_used_ends_with_the_lab(tmp_path):
    with running_lab(tmp_path / "home") as lab:
        spare = children(lab)
        assert len(spare) == 1
        lab.process.terminate()
        eventually(lambda: all(map(gone, spare)))


def test_the_private_folder_is_removed_at_the_end(tmp_path):
    with running_lab(tmp_path / "home") as lab:
        with lab.open_notebook() as kernel:
            runtime = runtime_folder(kernel)
        assert runtime.is_dir()
    assert not runtime.exists()


def test_what_a_lab_never_calls_is_not_imported():
    code = (
        "import sys\n"
        "from gaia_vre.lab.launcher import lab_application\n"
        "lab_application()\n"
        "import gaia_vre.lab.extension, gaia_vre.lab.channels, gaia_vre.lab.kernels\n"
        "print('\\n'.join(sys.modules))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert NOT_AT_START.isdisjoint(loaded)


def test_a_running_lab_has_not_imported_it_either(tmp_path):
    (tmp_path / "home/.jupyter").mkdir(parents=True)
    (tmp_path / "home/.jupyter/jupyter_server_config.py").write_text(
        "import atexit, sys\n"
        "from pathlib import Path\n"
        "atexit.register(lambda: Path('loaded').write_text('\\n'.join(sys.modules)))\n"
    )
    with running_lab(tmp_path / "home") as lab:
        lab.open_notebook().close()
    loaded = (tmp_path / "home/loaded").read_text().split()
    assert "jupyterlab.labapp" in loaded
    assert NOT_AT_START.isdisjoint(loaded)


def test_node_is_not_started(tmp_path):
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "node").write_text(f"#!/bin/sh\ntouch {tmp_path}/node-was-started\n")
    (programs / "node").chmod(0o755)
    with running_lab(tmp_path / "home", PATH=f"{programs}:{os.environ['PATH']}"):
        pass
    assert not (tmp_path / "node-was-started").exists()
