import subprocess
import sys
from pathlib import Path

import pytest

from gaia_vre.isolation.bubblewrap import Confinement, bubblewrap, confined


@pytest.fixture
def program() -> str:
    found = bubblewrap()
    if found is None:
        pytest.skip("BUBBLEWRAP DOES NOT WORK HERE: the separation of labs stays untested")
    return found


@pytest.fixture
def homes(tmp_path: Path) -> Path:
    for name in ("ada", "grace", "data"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    return tmp_path


def run(program: str, homes: Path, code: str) -> subprocess.CompletedProcess[str]:
    confinement = Confinement(home=homes / "ada", read_only=(homes / "data",))
    command = confined([sys.executable, "-c", code], confinement, program)
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_process_reads_and_writes_its_own_home(program: str, homes: Path) -> None:
    done = run(program, homes, "import pathlib; pathlib.Path('new').write_text(open('file').read())")
    assert done.returncode == 0, done.stderr
    assert (homes / "ada" / "new").read_text() == "ada"


def test_another_home_is_not_there(program: str, homes: Path) -> None:
    done = run(program, homes, f"open({str(homes / 'grace' / 'file')!r})")
    assert "FileNotFoundError" in done.stderr


def test_data_can_be_read_but_not_written(program: str, homes: Path) -> None:
    path = str(homes / "data" / "file")
    assert run(program, homes, f"print(open({path!r}).read())").stdout == "data\n"
    assert "Read-only file system" in run(program, homes, f"open({path!r}, 'w')").stderr


def test_the_python_environment_cannot_be_changed(program: str, homes: Path) -> None:
    done = run(program, homes, "import sys, pathlib; (pathlib.Path(sys.prefix) / 'x').write_text('')")
    assert "Read-only file system" in done.stderr


def test_no_other_process_is_seen(program: str, homes: Path) -> None:
    done = run(program, homes, "import os; print(len([p for p in os.listdir('/proc') if p.isdigit()]))")
    assert int(done.stdout) <= 2


def test_passwords_of_the_machine_are_not_there(program: str, homes: Path) -> None:
    assert "FileNotFoundError" in run(program, homes, "open('/etc/shadow')").stderr
