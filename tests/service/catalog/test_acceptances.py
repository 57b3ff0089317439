"""Acceptances are kept on each kind of database, and hold for one text."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

from click.testing import CliRunner
from sqlalchemy import Engine

from gaia_vre.cli import gaia_vre
from gaia_vre.core.access_settings import LicenceText
from gaia_vre.database.engine import make_engine
from gaia_vre.database.migrate import upgrade
from gaia_vre.service.catalog.acceptances import Acceptances
from tests.service.fakes import NOON

SPOT = LicenceText(key="spot", title="SPOT", text="Do no harm.")


def test_an_acceptance_is_kept_for_one_person(empty_database: Engine) -> None:
    upgrade(empty_database)
    kept = Acceptances(empty_database)
    kept.add("ada", SPOT, NOON)
    assert kept.of("ada", [SPOT]) == {"spot"}
    assert kept.of("bob", [SPOT]) == frozenset()


def test_a_changed_text_must_be_accepted_anew(empty_database: Engine) -> None:
    upgrade(empty_database)
    kept, changed = Acceptances(empty_database), SPOT.model_copy(update={"text": "Do no harm at all."})
    kept.add("ada", SPOT, NOON)
    assert kept.of("ada", [changed]) == frozenset()
    kept.add("ada", changed, NOON + timedelta(days=1))
    assert kept.of("ada", [changed]) == {"spot"}
    assert [one.digest for one in kept.all()] == [SPOT.digest, changed.digest]


def test_accepting_twice_keeps_the_first_time(empty_database: Engine) -> None:
    upgrade(empty_database)
    kept = Acceptances(empty_database)
    kept.add("ada", SPOT, NOON)
    kept.add("ada", SPOT, NOON + timedelta(days=1))
    assert [one.accepted for one in kept.all(licence="spot", username="ada")] == [NOON]


def test_the_operator_lists_who_accepted_what(tmp_path: Path) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text(f"service:\n  database_url: sqlite:///{tmp_path / 'gaia.sqlite'}\n")
    engine = make_engine(f"sqlite:///{tmp_path / 'gaia.sqlite'}")
    upgrade(engine)
    Acceptances(engine).add("ada", SPOT, NOON)
    engine.dispose()
    command = ["catalog", "acceptances", "--settings", str(settings)]
    assert "2026-11-24T12:00:00+00:00  ada" in CliRunner().invoke(gaia_vre, command).output
    row = json.loads(CliRunner().invoke(gaia_vre, [*command, "--json"]).output)
    assert row["licence"] == "spot"
    assert row["digest"] == SPOT.digest
    assert CliRunner().invoke(gaia_vre, [*command, "--user", "bob"]).output == ""
