"""The monthly report, as administrators read it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.service.conftest import HOME, World, with_quotas
from tests.service.test_usage_page import ACCOUNTS, run

PAGE = f"{HOME}usage/report"
REPORT = f"{HOME}api/quotas/report"
NOVEMBER = {"month": "2026-11"}
FACTORS: list[dict[str, Any]] = [{"site": "site:s", "watts_core": 10, "watts_gib": 0, "pue": 2, "gco2e_kwh": 50}]


@pytest.fixture
def used(world: World) -> World:
    """Ada used 80 core-hours of a project and 8 of her own."""
    world = with_quotas(world, accounts=ACCOUNTS, energy=FACTORS)
    run(world, "s-1", hours=20)
    run(world, "s-2", account=None)
    return world


def read(world: World, language: str = "en", **query: str) -> str:
    answer = world.browser(language, "root").get(PAGE, params=query)
    assert answer.status_code == 200, answer.text
    return re.sub(r"\s+", " ", answer.text.replace("\xa0", " ").replace("\u202f", " "))


def test_a_month_stands_by_community_with_an_estimate(used: World) -> None:
    text = read(used, **NOVEMBER)
    assert "in November 2026" in text
    assert '<bdi>ODATIS</bdi><div class="small gaia-muted fw-normal"><bdi>s</bdi>' in text
    assert 'data-label="Core-hours">88</td>' in text
    assert '<span class="gaia-tag">estimate</span>' in text
    assert 'data-label="kWh">1.8</td>' in text
    assert "10 W a core, 0 W a GiB" in text


def test_the_same_in_french(used: World) -> None:
    text = read(used, "fr", **NOVEMBER)
    assert "Rapport mensuel" in text
    assert "novembre 2026" in text
    assert "estimation" in text


def test_a_month_without_use_says_so(used: World) -> None:
    assert "Nothing was used in this month" in read(used)


def test_it_comes_as_json_and_csv(used: World) -> None:
    root = used.program("root-token")
    found = root.get(REPORT, params=NOVEMBER).json()
    assert found["lines"][0] | {"estimated_gco2e": 0} == {
        "month": "2026-11",
        "site": "site:s",
        "community": "community:odatis",
        "people": 1,
        "core_hours": 88,
        "gib_hours": 352,
        "gpu_hours": 0,
        "credits": 88,
        "estimated_kwh": 1.76,
        "estimated_gco2e": 0,
    }
    assert "estimates" in found["note"]
    text = root.get(REPORT, params=NOVEMBER | {"format": "csv"})
    assert text.headers["content-disposition"] == 'attachment; filename="report-2026-11.csv"'
    assert text.text.splitlines()[1].startswith("2026-11,site:s,community:odatis,1,88")


def test_only_administrators_read_it(used: World) -> None:
    assert used.browser().get(PAGE).status_code == 403
    assert used.program().get(REPORT).status_code == 403
    headers = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert used.anyone().get(PAGE, headers=headers).headers["location"].startswith("/hub/api/oauth2/authorize")


@pytest.mark.parametrize("month", ["2026-13", "<b>", "2026-10-01", "x" * 41])
def test_no_month_is_refused(used: World, month: str) -> None:
    assert used.program("root-token").get(REPORT, params={"month": month}).status_code == 422
    assert used.browser(user="root").get(PAGE, params={"month": month}).status_code == 422
