from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from gaia_vre.quotas.storage.homes import shown
from gaia_vre.service.homes import HomeScanner
from tests.service.conftest import World, with_quotas
from tests.service.fakes import SERVICE_TOKEN

MIB = 2**20


@pytest.fixture
def small(world: World) -> World:
    """Homes with a soft limit of one MiB and a hard one of two."""
    return with_quotas(world, storage={"soft_gib": 1 / 1024, "hard_gib": 2 / 1024, "hours": 6})


def keep(world: World, size: int, user: str = "ada") -> Path:
    home = world.parts.settings.state / "homes" / user
    home.mkdir(parents=True, exist_ok=True)
    (home / "big.nc").write_bytes(b"x" * size)
    return home


def scan(world: World) -> None:
    HomeScanner(world.parts, threading.Event()).step()


def start(world: World, number: str) -> dict[str, Any]:
    body = {"id": f"s-{number}", "kind": "server", "username": "ada", "thing": "", "cores": 1, "memory_gib": 1}
    answer = world.program(SERVICE_TOKEN).post("/services/gaia/api/quotas/leases", json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def told(world: World) -> list[str]:
    return [one.facts["level"] for one in world.parts.office.events.latest("ada") if one.kind == "storage"]


def test_over_the_soft_limit_one_notice_is_recorded(small: World) -> None:
    keep(small, MIB + MIB // 2)
    scan(small)
    small.later(hours=7)
    scan(small)
    assert told(small) == ["soft"]
    assert start(small, "1")["rescue"] is False


def test_over_the_hard_limit_a_start_is_a_rescue_until_there_is_room_again(small: World) -> None:
    home = keep(small, 3 * MIB)
    scan(small)
    answer = start(small, "1")
    assert answer["rescue"] is True
    assert answer["home"]["largest"][0]["path"] == "big.nc"
    (home / "big.nc").unlink()
    assert start(small, "2")["rescue"] is False


def test_a_home_is_measured_again_only_when_its_measure_is_old(small: World) -> None:
    keep(small, 10)
    keep(small, 10, "bob")
    scan(small)
    assert small.parts.homes.due(small.time[0]) == []
    small.later(hours=7)
    assert small.parts.homes.due(small.time[0]) == ["ada", "bob"]


def test_names_of_files_become_harmless_lines() -> None:
    assert shown(b"a\n# b\xff\x1b[0m") == "a\\n# b\\xff\\x1b[0m"
    assert "\u202e" not in shown("\u202egnp".encode())
    assert len(shown(b"x" * 9000)) == 301
