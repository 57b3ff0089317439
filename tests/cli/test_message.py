import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from gaia_vre.cli.message import message as command
from gaia_vre.core.errors import GaiaError, InvalidInput, NotFound
from gaia_vre.core.settings import read_settings
from gaia_vre.database.engine import database_url, make_engine
from gaia_vre.database.migrate import upgrade
from gaia_vre.messages.store import Messages

Run = Callable[..., Result]


@pytest.fixture
def stored(tmp_path: Path) -> Iterator[Messages]:
    (tmp_path / "settings.yaml").write_text(yaml.safe_dump({"state": str(tmp_path)}))
    engine = make_engine(database_url(read_settings(tmp_path / "settings.yaml")))
    upgrade(engine)
    yield Messages(engine)
    engine.dispose()


@pytest.fixture
def run(tmp_path: Path, stored: Messages) -> Run:
    def call(*arguments: str) -> Result:
        return CliRunner().invoke(command, [*arguments, "--state", str(tmp_path)], catch_exceptions=False)

    return call


def test_everybody_is_told_once_in_two_languages(run: Run, stored: Messages) -> None:
    words = ("--en", "Maintenance at 18:00", "--fr", "Maintenance à 18 h", "--severity", "warn", "--key", "m1")
    assert "Told to everybody." in run("send", *words).output
    assert "Told before" in run("send", *words).output
    (told,) = stored.unread("ada", datetime.now(UTC))
    assert (told.facts["title_fr"], told.severity) == ("Maintenance à 18 h", "warn")


def test_what_was_told_is_listed_and_withdrawn(run: Run, stored: Messages) -> None:
    assert "nothing" in run("list").output
    run("send", "--fr", "Bonjour", "--hours", "2")
    (listed,) = json.loads(run("list", "--json").output)
    assert (listed["title_fr"], listed["shown"]) == ("Bonjour", True)
    run("withdraw", str(listed["id"]))
    assert "over: Bonjour" in run("list").output
    assert stored.unread("ada", datetime.now(UTC)) == []
    with pytest.raises(NotFound):
        run("withdraw", str(listed["id"]))


def test_one_person_is_told_alone(run: Run, stored: Messages) -> None:
    assert "Told to bob." in run("send", "--en", "Hello", "--to", "bob").output
    now = datetime.now(UTC)
    assert (len(stored.unread("bob", now)), stored.unread("ada", now)) == (1, [])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Say something"),
        (("--en", "x" * 121), "--en: 121 characters, and there may be 120"),
        (("--en", "x", "--text-fr", "x" * 501), "--text-fr: 501 characters, and there may be 500"),
        (("--en", "x", "--hours", "0"), "--hours: 0; more than 0"),
        (("--en", "x", "--hours", "nan"), "--hours: nan"),
    ],
    ids=["nothing", "long title", "long text", "no time", "no number"],
)
def test_what_cannot_be_told_is_refused(run: Run, stored: Messages, arguments: tuple[str, ...], said: str) -> None:
    with pytest.raises(GaiaError, match=said) as caught:
        run("send", *arguments)
    assert isinstance(caught.value, InvalidInput)
    assert stored.newest() == 0
