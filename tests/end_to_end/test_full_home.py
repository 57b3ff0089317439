"""A person fills her home: the next lab is a rescue, and when she made room, the one after it is as usual."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.environment import Environment
from tests.support.lab_client import Kernel, LabClient

SignIn = Callable[[str, Environment], LabClient]
FILL = "from pathlib import Path; Path('run.nc').write_bytes(b'x' * 30_000_000); print(Path.cwd().name)"
LOOK = "import os; print(*sorted(os.listdir(os.environ['HOME'])), *os.listdir('full-home'))"
DELETE = "import os; os.remove('full-home/run.nc')"


def run(lab: LabClient, code: str) -> str:
    """Run something in a lab that is started for it and stopped after."""
    lab.start_server({"size": "small"})
    kernel: Kernel = lab.open_notebook()
    with kernel:
        said = kernel.execute(code).text.strip()
    lab.stop_server()
    return said


@pytest.mark.parametrize("isolation", ["auto", "off"], ids=["with bubblewrap", "without bubblewrap"])
def test_a_full_home_starts_in_rescue_until_there_is_room(
    another: Environment, sign_in: SignIn, isolation: str
) -> None:
    limit = {"account": "person:vera", "hard_gib": 0.02}
    another.settings |= {"quotas": {"storage": {"given": [limit]}}, "labs": {"isolation": isolation}}
    vera = sign_in("vera", another.start())
    assert run(vera, FILL) == "vera"
    assert "RESCUE.md" in (said := run(vera, LOOK)).split()
    assert "run.nc" in said
    run(vera, DELETE)
    assert run(vera, "from pathlib import Path; print(Path.cwd().name)") == "vera"
    assert not list((another.state / "rescue").iterdir())
    assert not Path(another.state / "homes" / "vera" / "run.nc").exists()
