from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest
from jupyterhub.spawner import SpawnException

from gaia_vre.core.settings import parse_settings
from gaia_vre.hub import steps
from gaia_vre.hub.admission import Desk
from gaia_vre.hub.door import Door
from gaia_vre.hub.endings import report_endings
from gaia_vre.hub.form import budgets, form_fields
from gaia_vre.hub.journal import Journal, moment, seconds_ago
from gaia_vre.look.language import Language

FACTS = {
    "account": "project:heat",
    "title": "Ocean <heat>",
    "dimension": "cores",
    "asked": 8,
    "left": 4,
    "limit": 40,
    "source": "limit of the settings, by the operators",
    "held_by": [{"username": "bob", "amount": 24}, {"username": "ada", "amount": 12}],
    "fitting": [
        {"account": "project:heat", "title": "Ocean <heat>", "size": "medium", "credits": 3},
        {"account": "person:ada", "title": "ada", "size": "large", "credits": 6},
    ],
    "ask": ["snguyen"],
}
OFFER = {"credits_per_hour": 1.5, "fits": True, "why": "", "hours": 33.3333}
LACKING = {"account": "person:ada", "title": "ada", "dimension": "cores", "left": 0, "limit": 4}
TIGHT = OFFER | {"fits": False, "why": "0 of 4 cores left on ada", "lacking": LACKING}


class FakeService:
    """The service as the hub sees it; notes what it is told."""

    def __init__(self) -> None:
        self.mode = "well"
        self.told: list[tuple[str, str, Any]] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        if self.mode == "away":
            raise httpx2.ConnectError("refused")
        if self.mode == "broken":
            return httpx2.Response(500, json={"code": "internal", "detail": "report 1"})
        body = json.loads(request.content) if request.content else dict(request.url.params)
        path = request.url.path.removeprefix("/services/gaia/api")
        self.told.append((request.method, path, body))
        if path == "/quotas/leases" and self.mode == "full":
            problem = {"code": "does-not-fit", "detail": "Ocean: 8 cores asked, 4 of 40 left", "facts": FACTS}
            return httpx2.Response(409, json=problem)
        if path == "/quotas/leases" and self.mode == "forbidden":
            return httpx2.Response(403, json={"code": "not-allowed", "detail": "ada may not pay with project:heat"})
        if path == "/quotas/accounts":
            return httpx2.Response(200, json=[_payer("person:ada", TIGHT), _payer("project:heat", OFFER)])
        return httpx2.Response(200, json={"released": True})

    def leases(self, method: str) -> list[Any]:
        return [body for way, path, body in self.told if way == method and path.startswith("/quotas/leases")]


def _payer(name: str, offer: dict[str, Any]) -> dict[str, Any]:
    sizes = {"small": offer, "medium": offer, "large": TIGHT}
    return {
        "name": name,
        "title": name.partition(":")[2],
        "kind": name.partition(":")[0],
        "left": {"credits": 36.6},
        "limits": {"credits": 100.0},
        "used": {"credits": 63.4},
        "reserved": {"credits": 0.0},
        "days": 30,
        "until": None,
        "sizes": sizes,
    }


def spawner(**options: str) -> Any:
    user = SimpleNamespace(name="ada", groups=[SimpleNamespace(name="ocean")])
    return SimpleNamespace(
        user=user,
        name="",
        user_options=options,
        orm_spawner=SimpleNamespace(user_options=options, started=None, last_activity=None),
        ran=True,
        _log_name="ada",
        log=logging.getLogger("test"),
    )


Run = Callable[[Any], Any]


@pytest.fixture
def service() -> FakeService:
    return FakeService()


@pytest.fixture
def make_desk(service: FakeService, tmp_path: Path) -> Callable[..., Desk]:
    """Return a function that opens the desk of a hub, as after each of its starts."""

    def make(most: int = 500) -> Desk:
        door = Door("http://service/services/gaia", "a token", httpx2.MockTransport(service))
        settings = parse_settings({"state": str(tmp_path), "quotas": {"emergency_cores": 4}})
        return Desk(settings, door, Journal(tmp_path / "hub" / "untold.jsonl", most))

    return make


@pytest.fixture
def desk(make_desk: Callable[..., Desk]) -> Desk:
    return make_desk()


def test_a_start_reserves_what_its_size_holds(desk: Desk, service: FakeService) -> None:
    lab = spawner(size="medium", account="project:heat")
    asyncio.run(desk.admit(lab))
    (asked,) = service.leases("POST")
    assert (asked["cores"], asked["memory_gib"], asked["account"]) == (4, 8, "project:heat")
    assert (asked["username"], asked["groups"], asked["id"]) == ("ada", ["ocean"], lab.lease)


def test_each_start_has_a_lease_of_its_own(desk: Desk) -> None:
    labs = [spawner(), spawner()]
    for lab in labs:
        asyncio.run(desk.admit(lab))
    assert labs[0].lease != labs[1].lease


@pytest.mark.parametrize("mode", ["well", "away"])
def test_how_long_a_start_took_is_told_and_nobody_waits_for_it(desk: Desk, service: FakeService, mode: str) -> None:
    lab = spawner(size="small", environment="pangeo")

    async def start() -> None:
        await desk.admit(lab)
        service.mode = mode
        steps.note(lab, steps.CONTAINER)
        steps.note(lab, steps.LAB)
        await asyncio.gather(*desk._tasks)

    asyncio.run(start())
    told = [body for _, path, body in service.told if path == "/starts"]
    assert [(one["username"], one["size"], list(one["steps"])) for one in told] == (
        [("ada", "small", ["budget", "container", "lab"])] if mode == "well" else []
    )


def refused(desk: Desk, lab: Any) -> SpawnException:
    with pytest.raises(SpawnException) as caught:
        asyncio.run(desk.admit(lab))
    return caught.value


def test_a_refusal_tells_number_holders_whom_to_ask_and_what_fits(desk: Desk, service: FakeService) -> None:
    service.mode = "full"
    lab = spawner(size="large", account="project:heat")
    error = refused(desk, lab)
    assert "8 cores asked, 4 of 40 left" in error.message
    assert "A Large lab does not fit in Ocean &lt;heat&gt; now" in error.message_html
    html = error.message_html.replace("\xa0", " ")
    for words in ("It needs 8 cores; 4 of 40 are free", "bob</bdi> 24", "you</bdi> 12", "snguyen"):
        assert words in html
    assert "Start Large on your account, 8 cores, 6 credits/h" in html
    assert "opt-size=medium&amp;opt-environment=pangeo&amp;opt-account=project%3Aheat" in error.message_html
    assert lab.lease is None


def test_an_account_of_others_is_refused_with_the_services_words(desk: Desk, service: FakeService) -> None:
    service.mode = "forbidden"
    error = refused(desk, spawner(account="project:heat"))
    assert (error.message, error.status_code) == ("ada may not pay with project:heat", 403)


def test_a_size_that_does_not_exist_is_refused_before_the_service_is_asked(desk: Desk, service: FakeService) -> None:
    assert refused(desk, spawner(size="huge")).status_code == 400
    assert service.told == []


@pytest.mark.parametrize("mode", ["away", "broken"])
def test_without_the_service_small_sizes_start_and_large_ones_are_refused(
    desk: Desk, service: FakeService, mode: str
) -> None:
    service.mode = mode
    lab = spawner(size="medium")
    asyncio.run(desk.admit(lab))
    assert [one["lease"] for one in desk.journal.pending()] == [lab.lease]
    large = spawner(size="large")
    error = refused(desk, large)
    asyncio.run(report_endings(desk)(large))
    assert len(desk.journal.pending()) == 1  # what did not start takes no room
    assert "sizes up to 4 cores start, and Large has 8" in error.message
    assert error.status_code == 503


def test_a_service_that_hangs_holds_nobody_up(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang(_: httpx2.Request) -> httpx2.Response:
        await asyncio.sleep(60)
        return httpx2.Response(200)

    monkeypatch.setattr("gaia_vre.hub.door.PATIENCE_SECONDS", 0.05)
    desk.door = Door("http://service", "a token", httpx2.MockTransport(hang))
    asyncio.run(asyncio.wait_for(desk.admit(spawner()), 5))
    assert len(desk.journal.pending()) == 1


def test_what_was_not_told_is_told_when_the_service_is_back(desk: Desk, service: FakeService) -> None:
    service.mode = "away"
    lab = spawner()
    asyncio.run(desk.admit(lab))
    lease = lab.lease
    service.mode = "well"
    asyncio.run(desk.tell())
    (told,) = service.leases("POST")
    assert (told["id"], told["forced"]) == (lease, True)
    assert desk.journal.pending() == []


def test_what_began_and_ended_meanwhile_is_told_in_order_by_the_next_hub(
    make_desk: Callable[..., Desk], service: FakeService
) -> None:
    service.mode = "away"
    first, lab = make_desk(), spawner()
    asyncio.run(first.admit(lab))
    lease = lab.lease
    asyncio.run(first.release(lab))
    service.mode = "well"
    after_a_kill = make_desk()
    asyncio.run(after_a_kill.tell())
    assert [(way, path) for way, path, _ in service.told] == [
        ("POST", "/quotas/leases"),
        ("DELETE", f"/quotas/leases/{lease}"),
    ]
    assert make_desk().journal.pending() == []


def test_an_end_waits_behind_earlier_news(desk: Desk, service: FakeService) -> None:
    service.mode = "away"
    lab = spawner()
    asyncio.run(desk.admit(lab))
    service.mode = "well"

    async def stop() -> None:
        await desk.release(lab)
        await desk.tell()

    asyncio.run(stop())
    assert [way for way, _, _ in service.told] == ["POST", "DELETE"]


def test_the_journal_is_bounded(make_desk: Callable[..., Desk], service: FakeService) -> None:
    service.mode = "away"
    desk = make_desk(most=3)
    for _ in range(3):
        asyncio.run(desk.admit(spawner()))
    assert "too many starts wait" in refused(desk, spawner()).message


def test_a_line_torn_by_a_kill_is_left_out(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "untold.jsonl")
    journal.add("end", "s-1", ran=True)
    with (tmp_path / "untold.jsonl").open("a") as file:
        file.write('{"kind": "end", "lea')
    again = Journal(tmp_path / "untold.jsonl")
    again.add("end", "s-2", ran=True)
    assert [one["lease"] for one in Journal(tmp_path / "untold.jsonl").pending()] == ["s-1", "s-2"]


def test_time_passed_is_told_by_the_machine_and_after_a_boot_by_the_wall() -> None:
    now = moment()
    jumped = now | {"since_boot": now["since_boot"] + 60, "wall": now["wall"] + 3660}
    assert seconds_ago(now, jumped) == 60
    assert seconds_ago(now, jumped | {"boot": "another"}) == 3660
    assert seconds_ago(jumped, now) == 0


def test_the_end_of_a_server_is_told_and_its_lease_given_back(desk: Desk, service: FakeService) -> None:
    lab = spawner()
    asyncio.run(desk.admit(lab))
    lease = lab.lease
    asyncio.run(report_endings(desk)(lab))
    assert [path for _, path, _ in service.told] == ["/quotas/leases", "/endings"]
    assert (service.told[-1][2]["lease"], service.told[-1][2]["ran"]) == (lease, True)
    assert lab.lease is None


def test_the_end_of_a_server_that_nobody_heard_of_waits(desk: Desk, service: FakeService) -> None:
    lab = spawner()
    asyncio.run(desk.admit(lab))
    service.mode = "away"
    asyncio.run(report_endings(desk)(lab))
    assert [one["kind"] for one in desk.journal.pending()] == ["ending", "end"]


def test_why_a_server_ended_is_told_when_the_service_is_back(desk: Desk, service: FakeService) -> None:
    lab = spawner()
    lab.end_reason = "disk"
    service.mode = "away"
    asyncio.run(report_endings(desk)(lab))
    service.mode = "well"
    asyncio.run(desk.tell())
    assert [(path, body["reason"]) for _, path, body in service.told] == [("/endings", "disk")]
    assert desk.journal.pending() == []


def test_a_refused_start_has_no_end(desk: Desk, service: FakeService) -> None:
    service.mode = "full"
    lab = spawner()
    refused(desk, lab)
    asyncio.run(report_endings(desk)(lab))
    assert [path for _, path, _ in service.told] == ["/quotas/leases"]


def form(desk: Desk, **last: str) -> str:
    return asyncio.run(form_fields(desk)(spawner(**last)))


def test_the_form_proposes_what_was_chosen_last(desk: Desk) -> None:
    html = form(desk, size="large", account="project:heat")
    assert 'value="large" checked' in html
    assert 'value="small" checked' not in html
    assert 'value="project:heat" checked' in html


def test_the_form_prices_each_size_and_says_what_is_left(desk: Desk) -> None:
    html = form(desk).replace("\xa0", " ")
    assert "1.5 credits/h" in html
    assert "Not now: 0 of 4 cores left on My account. Fits on heat." in html
    assert "Lasts 33 h at this size" in form(desk, account="project:heat").replace("\xa0", " ")
    assert "36.6 left of 100 credits" in html


def test_the_form_opens_without_the_service(desk: Desk, service: FakeService) -> None:
    service.mode = "away"
    assert "cannot be shown now" in form(desk)


@pytest.mark.parametrize(
    ("left", "limits", "said"),
    [
        (36.6, {"credits": 100.0}, ["36.6 left of 100\xa0credits"]),
        (10.0, {"credits": 100.0}, ["10\xa0credits left for you, of 36.6 on the account"]),
        (10.0, {}, ["10\xa0credits left for you"]),
        (None, {}, []),
    ],
    ids=["the account's own", "a tighter limit of the person", "only of the person", "no limit"],
)
def test_what_is_left_is_what_this_person_can_use(left: float | None, limits: object, said: list[str]) -> None:
    spent = {"used": {"credits": 63.4}, "reserved": {"credits": 0.0}}
    assert budgets({"left": {"credits": left}, "limits": limits, **spent}, Language("en")) == said
