import subprocess
import sys
import uuid
from collections.abc import Iterator

import pytest

from gaia_vre.isolation.limits import LimitGroup, existing_group, limit_group, limits_work, remove_groups


@pytest.fixture
def instance() -> Iterator[str]:
    name = f"test{uuid.uuid4().hex[:8]}"
    yield name
    remove_groups(name)


@pytest.fixture
def group(instance: str) -> LimitGroup:
    if not limits_work(instance):
        pytest.skip("CONTROL GROUPS CANNOT BE MADE HERE: memory and processor limits stay untested")
    made = limit_group(instance, "lab", cores=1, memory_gib=0.25)
    assert made is not None
    return made


def run(group: LimitGroup, code: str) -> int:
    return subprocess.run(group.entered_by([sys.executable, "-c", code]), check=False).returncode


def test_a_process_within_its_memory_is_left_alone(group: LimitGroup) -> None:
    assert run(group, "x = bytearray(10_000_000)") == 0
    assert group.memory_kills() == 0


def test_a_process_over_its_memory_is_killed_and_counted(group: LimitGroup) -> None:
    assert run(group, "x = bytearray(b'1') * 600_000_000") == -9
    assert group.memory_kills() > 0


def test_what_a_process_starts_is_limited_too(group: LimitGroup) -> None:
    child = (
        "import subprocess, sys; sys.exit(subprocess.call([sys.executable, '-c', 'bytearray(b\"1\") * 600_000_000']))"
    )
    assert run(group, child) != 0


def test_a_group_is_found_again_and_goes_when_it_is_removed(group: LimitGroup, instance: str) -> None:
    assert existing_group(instance, "lab") == group
    group.remove()
    assert existing_group(instance, "lab") is None
