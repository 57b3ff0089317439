"""`gaia-vre up` refuses in one line, with exit status 1, and leaves nothing behind."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from gaia_vre.local.status import holding

ROOT = os.geteuid() == 0


def up(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "gaia_vre.cli", "up", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def free_port() -> int:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        return int(holder.getsockname()[1])


def assert_refused(done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert done.returncode == 1
    assert done.stderr.startswith("gaia-vre: ")
    assert len(done.stderr.splitlines()) == 1, done.stderr
    for word in words:
        assert word in done.stderr


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        assert_refused(up("--state", tmp_path / "state", "--port", port), str(port), "--port")
    assert not (tmp_path / "state").exists()


def test_a_state_folder_in_use(tmp_path: Path) -> None:
    with holding(tmp_path / "lock"):
        assert_refused(up("--state", tmp_path, "--port", free_port()), str(tmp_path), "gaia-vre down")


@pytest.mark.skipif(ROOT, reason="ROOT WRITES EVERYWHERE: run the tests as an ordinary user to try this refusal")
def test_a_state_folder_that_cannot_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert_refused(up("--state", tmp_path / "state", "--port", free_port()), "--state")


def test_a_state_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    assert_refused(up("--state", tmp_path / "state", "--port", free_port()), "is not a folder")


@pytest.mark.skipif(not ROOT, reason="A SMALL DISK CAN ONLY BE MOUNTED BY ROOT")
def test_a_full_disk(tmp_path: Path) -> None:
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1M", "tmpfs", str(tmp_path)], check=False)
    if mounted.returncode:
        pytest.skip("NO FILE SYSTEM CAN BE MOUNTED HERE: the refusal of a full disk stays untested")
    try:
        assert_refused(up("--state", tmp_path / "state", "--port", free_port()), "full", "200 MB")
        assert list(tmp_path.iterdir()) == []
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


def test_a_damaged_database(tmp_path: Path) -> None:
    database = tmp_path / "hub" / "jupyterhub.sqlite"
    database.parent.mkdir()
    database.write_bytes(b"this is no database" * 100)
    assert_refused(up("--state", tmp_path, "--port", free_port()), str(database), "damaged", "move it away")


def test_a_misspelt_setting(tmp_path: Path) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text("labs:\n  idle_minuts: 5\n")
    assert_refused(
        up("--state", tmp_path / "state", "--settings", settings), "'labs.idle_minuts'", "did you mean 'idle_minutes'"
    )
    assert not (tmp_path / "state").exists()


def test_an_npm_registry_that_does_not_answer(tmp_path: Path) -> None:
    """The proxy is sought in an environment of its own, so that this one keeps its proxy."""
    code = (
        f"import sys; sys.prefix = {str(tmp_path)!r}\n"
        f"sys.argv = ['gaia-vre', 'up', '--state', {str(tmp_path / 'state')!r}, '--port', '{free_port()}']\n"
        "from gaia_vre.cli import main; main()"
    )
    environment = os.environ | {
        "npm_config_registry": f"http://127.0.0.1:{free_port()}/",
        "npm_config_cache": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert_refused(done, "npm registry", "start again")
    assert not (tmp_path / "state").exists()


def test_isolation_that_is_required_but_absent(tmp_path: Path) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text("labs:\n  isolation: required\n")
    command = [sys.executable, "-m", "gaia_vre.cli", "up", "--settings", str(settings), "--state", str(tmp_path / "s")]
    environment = os.environ | {"PATH": "/nonexistent"}
    done = subprocess.run(
        [*command, "--port", str(free_port())], env=environment, capture_output=True, text=True, check=False
    )
    assert_refused(done, "bubblewrap", "labs.isolation")
