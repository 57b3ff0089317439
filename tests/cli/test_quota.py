import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result
from sqlalchemy import text

from gaia_vre.cli.quota import quota as command
from gaia_vre.core.errors import Conflict, DoesNotFit, GaiaError
from gaia_vre.core.settings import read_settings
from gaia_vre.database.engine import database_url, make_engine
from gaia_vre.database.migrate import upgrade
from gaia_vre.quotas.clock import Instant, LedgerClock
from gaia_vre.quotas.deciding import Office, Request
from gaia_vre.quotas.model import Holding
from gaia_vre.quotas.policy import rules_of

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A state folder in which ada holds two cores, and the command line on it."""
    (tmp_path / "settings.yaml").write_text(yaml.safe_dump({"state": str(tmp_path)}))
    engine = make_engine(database_url(read_settings(tmp_path / "settings.yaml")))
    upgrade(engine)
    office = Office(engine, rules_of(read_settings(tmp_path / "settings.yaml").quotas), LedgerClock(engine).now)
    office.prepare()
    office.admit(Request("s-1", "server", "ada", "", Holding(cores=2_000_000, servers=1_000_000)))

    def call(*arguments: str) -> Result:
        return CliRunner().invoke(command, [*arguments, "--state", str(tmp_path)], catch_exceptions=False)

    call.engine, call.office = engine, office  # type: ignore[attr-defined]
    yield call
    engine.dispose()


def test_a_true_ledger_is_in_order(run: Run) -> None:
    assert "Every balance is the sum" in run("check").output
    assert json.loads(run("check", "--json").output) == {"differences": [], "week": None}


def test_a_wrong_balance_is_told_and_put_right(run: Run) -> None:
    with run.engine.begin() as connection:
        connection.execute(text("UPDATE account SET held_cores = 7 WHERE name = 'person:ada'"))
    with pytest.raises(Conflict, match="1 balances"):
        run("check")
    assert json.loads(run("recount", "--json").output) == {"changed": 1}
    run("check")


def test_accounts_tell_what_is_held(run: Run) -> None:
    assert "person:ada                       holds 2 cores, 1 servers" in run("accounts").output
    found = {one["name"]: one for one in json.loads(run("accounts", "--json").output)}
    assert found["site:local"]["held"]["cores"] == 2


def test_an_override_holds_and_is_shown_with_its_reason(run: Run) -> None:
    run("override", "ceiling:ada", "memory_gib", "64", "--days", "7", "--reason", "a deadline")
    shown = run("show", "ceiling:ada").output
    assert "at most   64 memory (a deadline, by " in shown
    assert json.loads(run("show", "ceiling:ada", "--json").output)["overrides"][0]["value"] == 64


@pytest.mark.parametrize(
    "arguments",
    [
        ("ceiling:ada", "cores", "-1"),
        ("ceiling:ada", "cores", "1e99"),
        ("ceiling:ada", "cores", "many"),
        ("ceiling:ada", "cars", "1"),
        ("project:gone", "cores", "1"),
    ],
    ids=["negative", "absurd", "no number", "unknown limit", "unknown account"],
)
def test_what_cannot_be_is_refused(run: Run, arguments: tuple[str, ...]) -> None:
    with pytest.raises(GaiaError):
        run("override", *arguments, "--reason", "x")


def test_what_was_recalled_is_unlimited_again(run: Run) -> None:
    run("override", "ceiling:ada", "cores", "1", "--reason", "maintenance")
    run("override", "ceiling:ada", "cores", "unlimited", "--reason", "over")
    assert "cores" not in json.loads(run("show", "ceiling:ada", "--json").output)["limits"]


# Reports ----------------------------------------------------------------------------------------------


def spend(run: Run) -> None:
    """Let ada have used an hour of two cores in October."""
    hour = 3_600_000_000
    with run.engine.begin() as connection:
        account = connection.scalar(text("SELECT id FROM account WHERE name = 'person:ada'"))
        values = {"account": account, "cores": 2 * hour, "credits": hour}
        connection.execute(
            text(
                "INSERT INTO spend (account_id, username, day, seconds, core_hours, gib_hours, gpu_hours, credits) "
                "VALUES (:account, 'ada', '2026-10-07', 3600, :cores, 0, 0, :credits)"
            ),
            values,
        )


def test_a_month_is_reported_as_text_json_and_csv(run: Run) -> None:
    spend(run)
    shown = run("report", "--month", "2026-10").output
    assert "site:local" in shown
    assert "are estimates" in shown
    found = json.loads(run("report", "--month", "2026-10", "--json").output)
    assert found["lines"][0]["core_hours"] == 2
    assert found["total"]["estimated_kwh"] == found["lines"][0]["estimated_kwh"] == pytest.approx(0.03)
    assert run("report", "--month", "2026-10", "--csv").output.splitlines()[1].startswith("2026-10,site:local,")


def test_a_month_without_use_says_so(run: Run) -> None:
    assert "Nothing was used in 2025-01." in run("report", "--month", "2025-01").output


def test_no_month_is_refused(run: Run) -> None:
    with pytest.raises(GaiaError, match="'2026-13' is no month"):
        run("report", "--month", "2026-13")


def test_what_was_refused_is_listed_with_its_reason(run: Run) -> None:
    run("override", "ceiling:ada", "cores", "3", "--reason", "maintenance")
    request = Request("s-2", "server", "ada", "", Holding(cores=2_000_000, servers=1_000_000))
    with pytest.raises(DoesNotFit) as caught:
        run.office.admit(request)
    run.office.refused(request, caught.value, {})
    assert "refused      ada" in run("refusals").output
    found = json.loads(run("refusals", "--json").output)
    assert (found["mode"], found["rows"][0]["limit"]) == ("enforce", 3)
    assert "2 cores asked, 1 of 3 left" in found["rows"][0]["message"]


# Splitting --------------------------------------------------------------------------------------------


def test_an_operator_splits_a_project(tmp_path: Path, run: Run) -> None:
    project = {"name": "project:p", "parent": "community:local", "members": ["ada"]}
    accounts = [{"name": "site:local"}, {"name": "community:local", "parent": "site:local"}, project]
    settings = {"state": str(tmp_path), "quotas": {"accounts": accounts}}
    (tmp_path / "settings.yaml").write_text(yaml.safe_dump(settings))
    Office(run.engine, rules_of(read_settings(tmp_path / "settings.yaml").quotas), run.office.clock).prepare()
    assert "is not split" in run("shares", "project:p").output
    run("split", "project:p", "ada", "credits", "12")
    assert "12 credits; used 0.00" in run("shares", "project:p").output
    assert json.loads(run("shares", "project:p", "--json").output)[0]["username"] == "ada"
    for wrong in (("eve", "credits", "1"), ("ada", "credits", "-1"), ("ada", "cars", "1")):
        with pytest.raises(GaiaError):
            run("split", "project:p", *wrong)


# Another policy ---------------------------------------------------------------------------------------


def went(run: Run, *arguments: str) -> str:
    return run("what-if", *arguments).output


def past(run: Run) -> None:
    """Let ada's lab and a cluster of 1 and then 3 cores have run on the 7th of October, and bob's lab meanwhile."""
    at = datetime(2026, 10, 7, 10, tzinfo=UTC)
    office = run.office
    for user, lease in (("ada", "s-7"), ("bob", "s-8")):
        wanted = Request(lease, "server", user, "x", Holding(cores=2_000_000, servers=1_000_000))
        office.admit(wanted, at=Instant(10_000, at))
        office.release(lease, at=Instant(17_200, at + timedelta(hours=2)), ran=True)
    cluster = Request("c-7", "cluster", "ada", "c", Holding(cores=1_000_000, clusters=1_000_000))
    office.admit(cluster, at=Instant(13_000, at + timedelta(minutes=50)))
    office.ledger.settle(["c-7"], Instant(16_600, at + timedelta(minutes=110)))
    three = Holding(cores=3_000_000, clusters=1_000_000)
    office.ledger.resize("c-7", three, Holding(), 0, Instant(16_600, at + timedelta(minutes=110)))
    office.release("c-7", at=Instant(20_200, at + timedelta(hours=4)), ran=True)


def test_another_policy_is_tried_on_what_ran(run: Run, tmp_path: Path) -> None:
    past(run)
    policy = tmp_path / "policy.yaml"
    policy.write_text("defaults: {ceiling: {cores: 3}}")
    found = json.loads(went(run, str(policy), "--from", "2026-10-01", "--to", "2026-10-31", "--json"))
    assert (found["starts"], [one["account"] for one in found["refused"]]) == (3, ["ceiling:ada"])
    assert (found["refused"][0]["asked"], found["refused"][0]["left"]) == (2, 1)  # the mean of 1 and 3 cores
    shown = went(run, str(policy), "--from", "2026-10-01", "--to", "2026-10-31")
    assert "Of 3 starts from 2026-10-01 to 2026-10-31, 1 would be refused." in shown
    assert "3 cores (default of a ceiling): ada 1" in shown
    assert "- A Dask cluster counts with its mean size" in shown


def test_whole_settings_are_a_policy_too(run: Run, tmp_path: Path) -> None:
    past(run)
    policy = tmp_path / "policy.yaml"
    policy.write_text("quotas: {defaults: {community: {servers: 1}}}\nlabs: {}")
    found = json.loads(went(run, str(policy), "--from", "2026-10-07", "--to", "2026-10-07", "--json"))
    assert [(one["username"], one["dimension"]) for one in found["refused"]] == [("bob", "servers")]


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ("defaults: {ceiling: {cars: 1}}", "policy.yaml: unknown key 'quotas.defaults.ceiling.cars'"),
        ("accounts: [{name: 'community:a', parent: 'community:a'}]", "cycle: community:a > community:a"),
        ("a: [", "policy.yaml: is not YAML"),
        (None, "policy.yaml: cannot be read"),
    ],
    ids=["unknown", "cycle", "no YAML", "missing"],
)
def test_no_policy_is_refused(run: Run, tmp_path: Path, policy: str | None, message: str) -> None:
    if policy is not None:
        (tmp_path / "policy.yaml").write_text(policy)
    with pytest.raises(GaiaError, match=message):
        went(run, str(tmp_path / "policy.yaml"))


def test_a_period_that_ends_before_it_begins_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text("{}")
    with pytest.raises(GaiaError, match="to: 2026-10-02 is not after from, 2026-10-09"):
        went(run, str(tmp_path / "policy.yaml"), "--from", "2026-10-09", "--to", "2026-10-01")
