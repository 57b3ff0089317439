import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import Session

from gaia_vre.cli import gaia_vre
from gaia_vre.core.errors import Conflict, SettingsError, Unavailable
from gaia_vre.database.engine import check_usable, make_engine
from gaia_vre.database.migrate import differences, upgrade
from gaia_vre.database.tables import RunningRow


def test_the_migrations_make_the_tables(empty_database: Engine) -> None:
    upgrade(empty_database)
    assert differences(empty_database) == []
    assert {"running", "ending"} <= set(inspect(empty_database).get_table_names())


def test_doing_it_again_changes_nothing(empty_database: Engine) -> None:
    upgrade(empty_database)
    upgrade(empty_database)
    assert differences(empty_database) == []


def test_a_database_of_a_later_version_is_left_alone_and_told(empty_database: Engine) -> None:
    upgrade(empty_database)
    with empty_database.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Conflict, match=r"has the tables of revision 9999, and this version goes up to \d{4}"):
        upgrade(empty_database)


def test_several_may_do_it_at_once(empty_database: Engine) -> None:
    failures: list[Exception] = []

    def attempt() -> None:
        try:
            upgrade(empty_database)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=attempt) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_time_comes_back_in_utc(empty_database: Engine) -> None:
    upgrade(empty_database)
    noon = datetime(2026, 6, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    with Session(empty_database) as session:
        session.add(RunningRow(kind="server", username="ada", name="", started=noon))
        session.commit()
        session.expire_all()
        assert session.query(RunningRow).one().started == datetime(2026, 6, 1, 10, tzinfo=UTC)


def test_a_time_without_a_zone_is_refused(empty_database: Engine) -> None:
    upgrade(empty_database)
    with Session(empty_database) as session:
        session.add(RunningRow(kind="server", username="ada", name="", started=datetime(2026, 6, 1)))  # noqa: DTZ001
        with pytest.raises(StatementError, match="no time zone"):
            session.commit()


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "gaia.sqlite"
    file.write_bytes(b"no database" * 1000)
    engine = make_engine(f"sqlite:///{file}")
    for act in (check_usable, upgrade):
        with pytest.raises(Unavailable, match=str(file)):
            act(engine)
    engine.dispose()


def test_a_server_that_does_not_answer_is_named_without_its_password() -> None:
    engine = make_engine("postgresql+psycopg://gaia:secret@127.0.0.1:1/gaia?connect_timeout=2")
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:1") as caught:
        check_usable(engine)
    assert "secret" not in caught.value.message
    engine.dispose()


@pytest.mark.parametrize("url", ["mysql://x/y", "nonsense", "sqlite+nothing:///x"])
def test_another_kind_of_database_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match=r"service\.database_url"):
        make_engine(url)


def test_the_command_line_upgrades_and_checks(tmp_path: Path) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text(f"service:\n  database_url: sqlite:///{tmp_path / 'gaia.sqlite'}\n")
    run = CliRunner().invoke
    assert "up to date" in run(gaia_vre, ["database", "upgrade", "--settings", str(settings)]).output
    assert "in order" in run(gaia_vre, ["database", "check", "--settings", str(settings)]).output


def settings_for(folder: Path) -> str:
    file = folder / "settings.yaml"
    file.write_text(f"service:\n  database_url: sqlite:///{folder / 'gaia.sqlite'}\n")
    return str(file)


def test_a_database_without_tables_is_told_to_be_upgraded(empty_database: Engine) -> None:
    with pytest.raises(Unavailable, match="gaia-vre database upgrade"):
        check_usable(empty_database)


def test_damage_inside_the_file_is_found(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    run = CliRunner().invoke
    run(gaia_vre, ["database", "upgrade", "--settings", settings])
    file = tmp_path / "gaia.sqlite"
    content = bytearray(file.read_bytes())
    content[8192:12288] = b"\xff" * 4096
    file.write_bytes(content)
    error = run(gaia_vre, ["database", "check", "--settings", settings]).exception
    assert isinstance(error, Unavailable)
    assert f"{file} is damaged" in error.message
    assert "move it away" in error.message


def test_a_truncated_file_is_named_by_an_upgrade(tmp_path: Path) -> None:
    file = tmp_path / "gaia.sqlite"
    engine = make_engine(f"sqlite:///{file}")
    upgrade(engine)
    engine.dispose()
    file.write_bytes(file.read_bytes()[:5000])
    with pytest.raises(Unavailable, match=f"{file} is damaged"):
        upgrade(engine)
    engine.dispose()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    engine = make_engine(f"sqlite:///{tmp_path / 'file' / 'gaia.sqlite'}")
    with pytest.raises(Unavailable, match="cannot be made"):
        upgrade(engine)


def test_sqlite_waits_for_a_writer_and_keeps_foreign_keys(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'gaia.sqlite'}")
    with engine.connect() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "busy_timeout", "foreign_keys")
        }
    assert found == {"journal_mode": "wal", "busy_timeout": 15000, "foreign_keys": 1}
    engine.dispose()
