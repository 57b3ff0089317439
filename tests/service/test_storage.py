from __future__ import annotations

import re
import threading
from pathlib import Path
from typing import Any

import pytest

from gaia_vre.core.names import slug
from gaia_vre.quotas.storage.measures import shown
from gaia_vre.quotas.usage import usage_of
from gaia_vre.service.storage import StorageScanner
from tests.service.conftest import HOME, World, with_quotas
from tests.service.fakes import SERVICE_TOKEN

MIB = 2**20
SMALL = {"soft_gib": 1 / 1024, "hard_gib": 2 / 1024}


@pytest.fixture
def small(world: World) -> World:
    """Homes and projects with a soft limit of one MiB and a hard one of two."""
    return with_quotas(world, storage={"home": SMALL, "project": SMALL})


def keep(world: World, size: int, user: str = "ada", area: str = "homes", name: str = "big.nc") -> Path:
    folder = world.parts.settings.state / area / user
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(b"x" * size)
    return folder


def scan(world: World) -> None:
    StorageScanner(world.parts, threading.Event()).step()


def start(world: World, number: str) -> dict[str, Any]:
    body = {"id": f"s-{number}", "kind": "server", "username": "ada", "thing": "", "cores": 1, "memory_gib": 1}
    answer = world.program(SERVICE_TOKEN).post("/services/gaia/api/quotas/leases", json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def end(world: World) -> None:
    body = {"kind": "server", "username": "ada", "name": "", "reason": "asked", "ended": world.time[0].isoformat()}
    answer = world.program(SERVICE_TOKEN).post("/services/gaia/api/endings", json=body)
    assert answer.status_code == 201, answer.text


def told(world: World, account: str = "person:ada") -> list[str]:
    events = world.parts.office.events.latest()
    return [one.facts["level"] for one in events if one.kind == "storage" and one.account == account]


def page(world: World, where: str = "usage", language: str = "en") -> str:
    answer = world.browser(language).get(HOME + where)
    assert answer.status_code == 200, answer.text
    return re.sub(r"\s+", " ", answer.text.replace("\xa0", " ").replace("\u202f", " "))


# Starts -----------------------------------------------------------------------------------------


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


def test_a_home_that_was_filled_since_its_last_measure_is_a_rescue_too(small: World) -> None:
    keep(small, 10)
    scan(small)
    keep(small, 3 * MIB)
    assert start(small, "1")["rescue"] is True


def test_a_home_given_more_starts_as_usual(world: World) -> None:
    given = [{"account": "person:ada", "hard_gib": "unlimited"}]
    more = with_quotas(world, storage={"home": SMALL, "given": given})
    keep(more, 3 * MIB)
    scan(more)
    assert start(more, "1")["rescue"] is False


def test_without_limits_nothing_is_looked_at_for_a_start(world: World) -> None:
    keep(world, 3 * MIB)
    assert start(world, "1")["rescue"] is False
    assert world.parts.measures.of_person("ada", world.time[0]) == []


# Measures ---------------------------------------------------------------------------------------


def test_a_folder_is_measured_again_only_when_its_measure_is_old(small: World) -> None:
    keep(small, 10)
    keep(small, 10, "bob")
    keep(small, 10, "heat", area="projects")
    scan(small)
    assert small.parts.measures.due(small.time[0]) == []
    small.later(hours=7)
    assert [place.folder for place in small.parts.measures.due(small.time[0])] == ["ada", "bob", "heat"]


def test_after_the_end_of_a_lab_its_home_comes_first(small: World) -> None:
    keep(small, 10)
    scan(small)
    keep(small, 3 * MIB)
    end(small)
    scan(small)
    assert told(small) == ["hard"]


def test_a_project_is_measured_as_its_account(small: World) -> None:
    keep(small, 3 * MIB, "heat", area="projects")
    scan(small)
    assert told(small, "project:heat") == ["hard"]
    (found,) = small.parts.measures.of_account("project:heat", small.time[0])
    assert (found.place.area, found.level) == ("project", "hard")


def test_a_home_under_a_made_up_name_is_found_by_its_person(small: World) -> None:
    start(small, "1")
    given = {"username": "Ada.Lovelace@example.org", "id": "s-2", "kind": "server", "thing": "", "cores": 1}
    small.program(SERVICE_TOKEN).post("/services/gaia/api/quotas/leases", json=given | {"memory_gib": 1})
    keep(small, 3 * MIB, slug("Ada.Lovelace@example.org"))
    scan(small)
    assert told(small, "person:Ada.Lovelace@example.org") == ["hard"]


def test_names_of_files_become_harmless_lines() -> None:
    assert shown(b"a\n# b\xff\x1b[0m") == "a\\n# b\\xff\\x1b[0m"
    assert "\u202e" not in shown("\u202egnp".encode())
    assert len(shown(b"x" * 9000)) == 301


# What people see --------------------------------------------------------------------------------


def test_the_usage_page_shows_a_bar_for_each_folder_with_its_largest_files(small: World) -> None:
    keep(small, 3 * MIB, name="<b>big.nc")
    keep(small, MIB, area="scratch")
    scan(small)
    text = page(small)
    assert "Home folder</span><span>3 MiB of 2 MiB" in text
    assert "Scratch folder</span><span>1 MiB, no limit" in text
    assert "&lt;b&gt;big.nc" in text
    assert "measured at" in text


def test_the_home_page_says_that_the_home_is_full(small: World) -> None:
    keep(small, 3 * MIB)
    scan(small)
    assert "Home folder is full: 3 MiB of 2 MiB" in page(small, "")
    assert "Dossier personnel plein : 3 Mio sur 2 Mio" in page(small, "", "fr")


def test_whoever_deletes_files_soon_reads_that_there_is_room(small: World) -> None:
    home = keep(small, 3 * MIB)
    scan(small)
    (home / "big.nc").unlink()
    small.later(minutes=3)
    assert "Home folder is full" in page(small, "")
    scan(small)
    assert "Home folder is full" not in page(small, "")


def test_another_persons_files_are_not_shown(small: World) -> None:
    keep(small, 3 * MIB, "bob", name="secret.nc")
    scan(small)
    assert "secret.nc" not in page(small)


def test_a_notebook_tells_what_a_home_holds(small: World) -> None:
    keep(small, 3 * MIB)
    scan(small)
    answer = small.program().get("/services/gaia/api/quotas/usage")
    found = usage_of(answer.json())
    assert "home is full: the next lab starts in rescue" in repr(found)
    assert "home is full" in found._repr_html_()
