"""The monthly report: by community and site, with an estimate of energy."""

from __future__ import annotations

import pytest

from gaia_vre.core.errors import InvalidInput
from gaia_vre.core.quotas import Energy
from gaia_vre.quotas.csv_text import csv_text
from gaia_vre.quotas.reporting import last_month, month_of, report, rows, total
from tests.quotas.conftest import NOON, Bank, server

TOULOUSE = Energy(site="site:toulouse", watts_core=10, watts_gib=0.5, pue=2, gco2e_kwh=50)
JUNE = month_of("2026-06")


def use(bank: Bank, lease: str, user: str, payer: str, hours: int = 2) -> None:
    bank.start(lease, server(4, 16), user=user, payer=payer)
    bank.later(hours * 3600)
    bank.ledger.settle([lease], bank.now)
    bank.ledger.release(lease, bank.now)


def test_a_community_has_what_its_projects_and_people_used(bank: Bank) -> None:
    use(bank, "s-1", "ada", "project:ocean")
    use(bank, "s-2", "bob", "person:bob")
    line = report(bank.engine, *JUNE, lambda _: TOULOUSE)[0]
    assert (line.site, line.community, line.people) == ("site:toulouse", "community:odatis", 2)
    assert (line.core_hours, line.gib_hours, line.credits) == (16, 64, 16)


def test_energy_follows_the_factors_of_the_site(bank: Bank) -> None:
    use(bank, "s-1", "ada", "project:ocean")
    line = report(bank.engine, *JUNE, lambda _: TOULOUSE)[0]
    assert line.estimated_kwh == pytest.approx(2 * (8 * 10 + 32 * 0.5) / 1000)
    assert line.estimated_gco2e == pytest.approx(line.estimated_kwh * 50)


def test_another_month_has_nothing(bank: Bank) -> None:
    use(bank, "s-1", "ada", "project:ocean")
    for month in ("2026-05", "2026-07"):
        assert report(bank.engine, *month_of(month), lambda _: TOULOUSE) == []


def test_what_the_site_pays_itself_stands_without_a_community(bank: Bank) -> None:
    use(bank, "s-1", "ada", "site:toulouse")
    use(bank, "s-2", "ada", "project:ocean")
    lines = report(bank.engine, *JUNE, lambda _: TOULOUSE)
    assert [one.community for one in lines] == ["", "community:odatis"]
    assert total(lines)["core_hours"] == 16


def test_a_table_holds_no_formula(bank: Bank) -> None:
    bank.accounts.create("community", "=1+1", "site:toulouse", "x", NOON)
    use(bank, "s-1", "ada", "community:=1+1")
    text = csv_text(("community", "people"), [{"community": "=1+1", "people": 1}])
    assert text == "community,people\r\n'=1+1,1\r\n"
    assert rows("2026-06", report(bank.engine, *JUNE, lambda _: TOULOUSE))[0]["community"] == "community:=1+1"


def test_a_year_ends_in_its_january() -> None:
    assert [str(day) for day in month_of("2026-12")] == ["2026-12-01", "2027-01-01"]
    assert last_month(NOON.date()) == "2026-05"
    assert last_month(NOON.date().replace(month=1)) == "2025-12"


@pytest.mark.parametrize("month", ["2026-13", "2026", "", "June", "2026-1", "9999-12", "2026-10-01", "٢٠٢٦-10"])
def test_no_month_is_refused(month: str) -> None:
    with pytest.raises(InvalidInput, match="is no month"):
        month_of(month)
