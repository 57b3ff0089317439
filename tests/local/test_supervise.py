import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from gaia_vre.core.errors import Unavailable
from gaia_vre.isolation.processes import INSTANCE_VARIABLE, is_dead, marked
from gaia_vre.local.processes import ProcessPlan
from gaia_vre.local.supervise import Supervisor

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
SERVE = [
    sys.executable,
    "-c",
    (
        "import http.server, sys; http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])),"
        " http.server.SimpleHTTPRequestHandler).serve_forever()"
    ),
]
FAIL = [sys.executable, "-c", "print('no such luck'); raise SystemExit(3)"]


@pytest.fixture
def instance() -> str:
    return f"test-{uuid.uuid4().hex}"


@pytest.fixture
def make(tmp_path: Path, instance: str) -> Callable[..., Supervisor]:
    def make(*commands: list[str], **options: object) -> Supervisor:
        environment = {**os.environ, INSTANCE_VARIABLE: instance}
        plans = [ProcessPlan(f"p{number}", command, tmp_path, environment) for number, command in enumerate(commands)]
        return Supervisor(plans, tmp_path, instance, **options)  # type: ignore[arg-type]

    return make


def step_until(supervisor: Supervisor, condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        supervisor.step()
        time.sleep(0.02)


def test_what_dies_is_started_again_and_told(make: Callable[..., Supervisor]) -> None:
    told: list[str] = []
    with make(SLEEP, after_restart=told.append) as supervisor:
        step_until(supervisor, lambda: supervisor.ready)
        first = supervisor.members[0].pid
        assert first
        os.kill(first, signal.SIGKILL)
        step_until(supervisor, lambda: supervisor.members[0].pid not in (first, None) and supervisor.ready)
    assert told == ["p0"]


def test_a_program_that_never_was_ready_is_given_up_with_its_last_words(make: Callable[..., Supervisor]) -> None:
    supervisor = make(FAIL)
    supervisor.plans[0] = supervisor.members[0].plan = ProcessPlan(
        "p0", FAIL, supervisor.logs, supervisor.plans[0].environment, health_url="http://127.0.0.1:9/"
    )
    with pytest.raises(Unavailable, match="p0 does not start: no such luck"), supervisor:
        step_until(supervisor, lambda: False)


def test_leaving_ends_everything_with_the_mark(make: Callable[..., Supervisor], instance: str) -> None:
    with make(SLEEP, SLEEP) as supervisor:
        step_until(supervisor, lambda: supervisor.ready)
        stray = subprocess.Popen(SLEEP, env={**os.environ, INSTANCE_VARIABLE: instance}, start_new_session=True)
        supervisor.others.add(stray.pid)
    stray.wait(5)
    assert [process for process in marked(INSTANCE_VARIABLE, instance) if not is_dead(process)] == []


def test_a_killed_guardian_is_replaced(make: Callable[..., Supervisor]) -> None:
    with make(SLEEP) as supervisor:
        guardian = supervisor._guardian
        assert guardian
        guardian.kill()
        guardian.wait()
        step_until(supervisor, lambda: supervisor._guardian is not guardian)
        if guardian.stdin:
            guardian.stdin.close()


def test_the_guardian_ends_everything_when_the_supervisor_is_killed(tmp_path: Path, instance: str) -> None:
    code = (
        "import sys, time; from pathlib import Path\n"
        "from gaia_vre.local.processes import ProcessPlan; from gaia_vre.local.supervise import Supervisor\n"
        "import os; env = {**os.environ, 'GAIA_VRE_INSTANCE': sys.argv[1]}\n"
        "plan = ProcessPlan('p', [sys.executable, '-c', 'import time; time.sleep(60)'], Path(sys.argv[2]), env)\n"
        "with Supervisor([plan], Path(sys.argv[2]), sys.argv[1]): print('up', flush=True); time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, instance, str(tmp_path)], stdout=subprocess.PIPE) as supervisor:
        assert supervisor.stdout
        supervisor.stdout.readline()
        assert len(marked(INSTANCE_VARIABLE, instance)) >= 2
        supervisor.kill()
    deadline = time.monotonic() + 10
    while [each for each in marked(INSTANCE_VARIABLE, instance) if not is_dead(each)]:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert psutil.pid_exists(os.getpid())


def test_readiness_is_the_answer_of_the_health_address(tmp_path: Path, instance: str) -> None:
    from tests.support.environment import free_port

    port = free_port()
    environment = {**os.environ, INSTANCE_VARIABLE: instance}
    plan = ProcessPlan("web", [*SERVE, str(port)], tmp_path, environment, health_url=f"http://127.0.0.1:{port}/")
    with Supervisor([plan], tmp_path, instance) as supervisor:
        assert not supervisor.ready
        step_until(supervisor, lambda: supervisor.ready)
