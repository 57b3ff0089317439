"""Each example notebook runs from top to bottom without network.

Those that need a cluster say so in their metadata (``gaia.needs``). Here they get a small one of this
process; the end-to-end test runs them in a real lab.
"""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[2] / "example-notebooks").glob("*.ipynb"))


def needs(path: Path) -> list[str]:
    return nbformat.read(path, 4).metadata.get("gaia", {}).get("needs", [])


STAND_IN = """
import gaia_vre
from distributed import Client

gaia_vre.cluster = lambda workers: Client(n_workers=workers, processes=False, dashboard_address=None)
"""


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch, catalog_environment) -> None:
    """Send what asks for the network to a port where nothing listens."""
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("PYTHONWARNINGS", "default")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.usefixtures("offline")
def test_it_runs(path: Path, tmp_path: Path) -> None:
    notebook = nbformat.read(path, 4)
    if "cluster" in needs(path):
        notebook.cells.insert(0, nbformat.v4.new_code_cell(STAND_IN))
    client = NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}})
    client.execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    assert any({"image/png", "text/html"} & set(output.get("data", {})) for output in outputs)
    assert [output.text for output in outputs if output.get("name") == "stderr"] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_output_is_committed(path: Path) -> None:
    notebook = nbformat.read(path, 4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.outputs for cell in code if cell.outputs] == []
    assert [cell.execution_count for cell in code if cell.execution_count] == []


def test_there_are_the_notebooks_that_the_first_one_names() -> None:
    assert len(NOTEBOOKS) >= 4
    assert [path.stem for path in NOTEBOOKS if "cluster" in needs(path)] == ["02-dask-cluster"]
    for cell in nbformat.read(NOTEBOOKS[0], 4).cells[-1:]:
        assert all(f"({path.name})" in cell.source for path in NOTEBOOKS[1:4])
