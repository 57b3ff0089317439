import threading

import pytest

from gaia_vre.core.errors import Conflict, DoesNotFit, NotFound
from gaia_vre.quotas.model import Holding, Rate
from tests.quotas.conftest import Bank, server

LEVELS = ("ceiling:ada", "project:ocean", "community:odatis", "site:toulouse")
SCHEDULER = Holding(cores=1_000_000, clusters=1_000_000)
WORKER = Holding(cores=2_000_000, workers=1_000_000)


def test_a_lease_holds_on_every_level(bank: Bank) -> None:
    bank.start("lab", server(cores=2))
    assert [bank.held(name) for name in LEVELS] == [2, 2, 2, 2]
    assert bank.held("person:ada") == 0


@pytest.mark.parametrize("level", LEVELS)
def test_what_does_not_fit_on_one_level_holds_on_none(bank: Bank, level: str) -> None:
    bank.allow(level, cores=3)
    with pytest.raises(DoesNotFit) as refusal:
        bank.start("lab", server(cores=4))
    assert refusal.value.facts["account"] == level
    assert [bank.held(name) for name in LEVELS] == [0, 0, 0, 0]


def test_a_refusal_tells_the_number_its_source_and_who_holds_it(bank: Bank) -> None:
    bank.allow("project:ocean", cores=10)
    bank.start("bobs", server(cores=8), user="bob")
    with pytest.raises(DoesNotFit) as refusal:
        bank.start("lab", server(cores=4))
    assert refusal.value.message == "Ocean heat: 4 cores asked, 2 of 10 left (cores of the tests); held by bob 8"
    assert refusal.value.facts["held_by"] == [{"username": "bob", "amount": 8.0}]


def test_the_last_that_fits_is_taken_and_the_next_is_refused(bank: Bank) -> None:
    bank.allow("project:ocean", servers=2)
    bank.start("one")
    bank.start("two")
    with pytest.raises(DoesNotFit, match="0 of 2 left"):
        bank.start("three")


def test_a_budget_must_last_for_the_first_slice(bank: Bank) -> None:
    bank.allow("project:ocean", core_hours=0.1)
    with pytest.raises(DoesNotFit, match="core-hours asked"):
        bank.start("lab")
    bank.allow("project:ocean", core_hours=0.17)
    bank.start("lab")


def test_only_what_is_asked_must_fit(bank: Bank) -> None:
    bank.start("lab", server(cores=4))
    bank.allow("project:ocean", gpus=0, cores=2)
    with pytest.raises(DoesNotFit, match="cores"):
        bank.start("more")
    bank.allow("project:ocean", gpus=0)
    bank.start("more")


def test_the_same_start_asked_twice_is_one_lease(bank: Bank) -> None:
    bank.start("lab")
    bank.start("lab")
    assert bank.held("project:ocean") == 1


def test_the_lease_of_somebody_else_is_refused(bank: Bank) -> None:
    bank.start("lab")
    with pytest.raises(Conflict, match="something else"):
        bank.start("lab", user="bob")


def test_an_ended_lease_begins_no_more(bank: Bank) -> None:
    bank.start("lab")
    bank.ledger.release("lab", bank.now)
    with pytest.raises(Conflict, match="has ended"):
        bank.start("lab")


def test_an_unknown_account_is_named(bank: Bank) -> None:
    with pytest.raises(NotFound, match="project:mars"):
        bank.start("lab", payer="project:mars")


def test_a_ceiling_pays_for_nothing(bank: Bank) -> None:
    with pytest.raises(NotFound):
        bank.start("lab", payer="ceiling:ada")


def test_what_runs_is_charged_by_the_second(bank: Bank) -> None:
    bank.start("lab", server(cores=2))
    bank.later(90)
    bank.ledger.settle(["lab"], bank.now)
    assert bank.used("project:ocean") == pytest.approx(2 * 90 / 3600)
    assert bank.used("ceiling:ada") == bank.used("site:toulouse") == bank.used("project:ocean")
    assert bank.used("person:ada") == 0


def test_the_same_minute_is_charged_once(bank: Bank) -> None:
    bank.start("lab")
    bank.later(60)
    assert bank.ledger.settle(["lab"], bank.now) == 1
    assert bank.ledger.settle(["lab"], bank.now) == 0
    assert bank.used("project:ocean") == pytest.approx(1 / 60)


def test_a_clock_that_goes_back_gives_nothing_back(bank: Bank) -> None:
    bank.start("lab")
    bank.later(60)
    bank.ledger.settle(["lab"], bank.now)
    bank.later(-30)
    bank.ledger.settle(["lab"], bank.now)
    assert bank.used("project:ocean") == pytest.approx(1 / 60)


def test_what_ran_while_nobody_looked_is_charged(bank: Bank) -> None:
    bank.allow("project:ocean", core_hours=0.5)
    bank.start("lab")
    bank.later(3600)
    bank.ledger.settle(["lab"], bank.now)
    assert bank.used("project:ocean") == 1


def test_what_never_ran_costs_nothing(bank: Bank) -> None:
    bank.start("lab")
    bank.later(300)
    assert bank.ledger.release("lab", bank.now)
    assert bank.used("project:ocean") == bank.held("project:ocean") == 0


def test_an_end_is_charged_up_to_its_second(bank: Bank) -> None:
    bank.start("lab")
    bank.later(60)
    bank.ledger.settle(["lab"], bank.now)
    bank.later(30)
    bank.ledger.release("lab", bank.now)
    assert bank.used("project:ocean") == pytest.approx(90 / 3600)
    assert not bank.ledger.release("lab", bank.now)


def test_a_slice_is_extended_as_far_as_the_budget_goes(bank: Bank) -> None:
    bank.allow("project:ocean", core_hours=0.25)  # 15 minutes of one core
    bank.start("lab")
    bank.later(480)
    bank.ledger.settle(["lab"], bank.now)
    [lease] = bank.ledger.live()
    assert lease.until == 900
    bank.later(600)
    bank.ledger.settle(["lab"], bank.now)
    [lease] = bank.ledger.live()
    assert lease.until == lease.settled == 1080


def test_two_share_what_is_left_of_a_budget(bank: Bank) -> None:
    bank.allow("project:ocean", core_hours=0.5)
    bank.start("one")
    bank.start("two", user="bob")
    bank.later(500)
    bank.ledger.settle(["one", "two"], bank.now)
    assert sum(lease.until for lease in bank.ledger.live()) == 1800
    with pytest.raises(DoesNotFit):
        bank.start("three")


def test_a_cluster_gets_as_many_workers_as_fit(bank: Bank) -> None:
    bank.allow("project:ocean", cores=11)
    bank.start("cluster", Rate(SCHEDULER))
    grown = bank.ledger.resize("cluster", SCHEDULER, WORKER, 40, bank.now)
    assert grown.granted == 5
    assert grown.refusal is not None
    assert "0 of 11 left" in grown.refusal.message
    assert bank.held("project:ocean", "workers") == 5


def test_fewer_workers_give_back_what_they_held(bank: Bank) -> None:
    bank.start("cluster", Rate(SCHEDULER))
    bank.ledger.resize("cluster", SCHEDULER, WORKER, 4, bank.now)
    bank.later(60)
    bank.ledger.resize("cluster", SCHEDULER, WORKER, 1, bank.now)
    assert bank.held("project:ocean") == 3
    assert bank.used("project:ocean") == pytest.approx(9 * 60 / 3600)


def test_a_lowered_cap_takes_workers_away(bank: Bank) -> None:
    bank.start("cluster", Rate(SCHEDULER))
    bank.ledger.resize("cluster", SCHEDULER, WORKER, 4, bank.now)
    bank.allow("project:ocean", cores=5)
    assert bank.ledger.resize("cluster", SCHEDULER, WORKER, 4, bank.now).granted == 2


def test_a_cluster_over_its_cap_keeps_its_scheduler(bank: Bank) -> None:
    bank.start("cluster", Rate(SCHEDULER))
    bank.allow("project:ocean", cores=0)
    assert bank.ledger.resize("cluster", SCHEDULER, WORKER, 4, bank.now).granted == 0
    assert bank.held("project:ocean") == 1


def test_a_billion_workers_are_as_many_as_fit(bank: Bank) -> None:
    bank.allow("project:ocean", workers=3)
    bank.start("cluster", Rate(SCHEDULER))
    assert bank.ledger.resize("cluster", SCHEDULER, WORKER, 10**9, bank.now).granted == 3


def test_a_forged_lease_does_not_grow(bank: Bank) -> None:
    with pytest.raises(NotFound):
        bank.ledger.resize("not-mine", SCHEDULER, WORKER, 1, bank.now)


def test_what_runs_already_is_taken_whether_it_fits_or_not(bank: Bank) -> None:
    from gaia_vre.quotas.ledger import Wanted

    bank.allow("project:ocean", servers=0)
    bank.ledger.reserve(Wanted("lab", "server", "ada", "lab", "project:ocean", server()), bank.now, forced=True)
    assert bank.held("project:ocean", "servers") == 1


def test_of_64_at_once_exactly_ten_are_admitted(bank: Bank) -> None:
    bank.allow("project:ocean", servers=10)
    admitted, refused = [], []

    def start(number: int) -> None:
        try:
            admitted.append(bank.start(f"lab-{number}", user="ada" if number % 2 else "bob"))
        except DoesNotFit:
            refused.append(number)

    threads = [threading.Thread(target=start, args=(number,)) for number in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(admitted), len(refused)) == (10, 54)
