import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator

import psutil
import pytest

from gaia_vre.isolation.processes import end_marked, marked

SLEEP = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)",
]
PARENT = [
    sys.executable,
    "-c",
    (
        "import os, subprocess, sys, time\n"
        "p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'], env={}, start_new_session=True)\n"
        "print(p.pid, flush=True); time.sleep(60)"
    ),
]


@pytest.fixture
def mark() -> Iterator[str]:
    value = uuid.uuid4().hex
    yield value
    end_marked("GAIA_TEST_MARK", value, 0)


def start(command: list[str], mark: str) -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen(
        command, env=os.environ | {"GAIA_TEST_MARK": mark}, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout is not None
    with process.stdout as output:
        return process, output.readline().strip()


def test_a_marked_process_is_found_and_ended(mark: str) -> None:
    process, _ = start(SLEEP, mark)
    assert [found.pid for found in marked("GAIA_TEST_MARK", mark)] == [process.pid]
    assert end_marked("GAIA_TEST_MARK", mark, 2) == 1
    assert process.wait(timeout=1) is not None


def test_a_process_that_ignores_the_request_is_killed(mark: str) -> None:
    process, _ = start(STUBBORN, mark)
    end_marked("GAIA_TEST_MARK", mark, 0.2)
    assert process.wait(timeout=1) is not None


def test_a_child_that_shed_the_mark_goes_with_its_parent(mark: str) -> None:
    process, child = start(PARENT, mark)
    end_marked("GAIA_TEST_MARK", mark, 1)
    process.wait()
    deadline = time.monotonic() + 5
    while psutil.pid_exists(int(child)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not psutil.pid_exists(int(child)) or psutil.Process(int(child)).status() == psutil.STATUS_ZOMBIE


def test_what_is_to_be_kept_is_kept(mark: str) -> None:
    process, _ = start(SLEEP, mark)
    assert end_marked("GAIA_TEST_MARK", mark, 0, keep=[process.pid]) == 0
    assert process.poll() is None
    end_marked("GAIA_TEST_MARK", mark, 0)
    process.wait()
