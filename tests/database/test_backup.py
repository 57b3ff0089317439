import gzip
import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, func, inspect, select, text
from sqlalchemy.orm import Session

from gaia_vre.cli import gaia_vre
from gaia_vre.core.errors import Conflict, InvalidInput, Unavailable
from gaia_vre.database.backup import back_up
from gaia_vre.database.engine import make_engine
from gaia_vre.database.migrate import differences, upgrade
from gaia_vre.database.quotas import AccountRow, SpendRow
from gaia_vre.database.restore import restore
from gaia_vre.database.tables import RunningRow
from gaia_vre.database.versions import migrate, newest
from tests.support.postgresql import new_database

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
OLD = "0003"


@pytest.fixture
def filled(empty_database: Engine) -> Engine:
    """Two accounts, of which the first belongs to the second, with text of many kinds."""
    upgrade(empty_database)
    with Session(empty_database) as session:
        session.add(account(1, "project:été", None))
        session.add(account(2, "site:€ \n\x7f", None))
        session.flush()
        session.get_one(AccountRow, 1).parent_id = 2
        session.add(RunningRow(kind="server", username="ada", name="", started=NOON))
        session.commit()
    return empty_database


def account(number: int, name: str, parent: int | None) -> AccountRow:
    return AccountRow(
        id=number,
        name=name,
        kind="site",
        level=0,
        parent_id=parent,
        title="T",
        created=NOON,
        used_credits=2**62,
        sources={"cores": "ministère"},
        window_start=None,
    )


@pytest.fixture(params=["sqlite", "postgresql"])
def other_database(request: pytest.FixtureRequest, tmp_path: Path) -> Engine:
    if request.param == "sqlite":
        return make_engine(f"sqlite:///{tmp_path / 'other.sqlite'}")
    return make_engine(new_database(request.getfixturevalue("postgresql")))


def put_back(engine: Engine, file: Path, *, replace: bool = False) -> int:
    with file.open("rb") as source:
        return restore(engine, file, source, replace=replace)


def rows_of(engine: Engine) -> list[tuple[object, ...]]:
    with Session(engine) as session:
        found = session.scalars(select(AccountRow).order_by(AccountRow.id)).all()
        running = session.scalars(select(RunningRow)).all()
        return [
            *[(a.name, a.parent_id, a.created, a.used_credits, a.sources, a.window_start) for a in found],
            *[(r.username, r.name, r.started) for r in running],
        ]


def test_every_row_comes_back_in_either_kind_of_database(
    filled: Engine, other_database: Engine, tmp_path: Path
) -> None:
    assert back_up(filled, tmp_path / "backup") == 3
    assert put_back(other_database, tmp_path / "backup") == 3
    assert rows_of(other_database) == rows_of(filled)
    assert differences(other_database) == []
    other_database.dispose()


def test_new_rows_are_numbered_after_those_that_came_back(
    filled: Engine, other_database: Engine, tmp_path: Path
) -> None:
    back_up(filled, tmp_path / "backup")
    put_back(other_database, tmp_path / "backup")
    with Session(other_database) as session:
        new = RunningRow(kind="server", username="eve", name="", started=NOON)
        session.add(new)
        session.commit()
        assert new.id == 2
    other_database.dispose()


def test_days_stay_days(empty_database: Engine, other_database: Engine, tmp_path: Path) -> None:
    upgrade(empty_database)
    columns = {c.name for c in SpendRow.__table__.columns}
    values = dict.fromkeys(columns, 1) | {"day": date(2026, 2, 28), "username": "ada"}
    with Session(empty_database) as session:
        session.add(SpendRow(**values))
        session.commit()
    back_up(empty_database, tmp_path / "backup")
    put_back(other_database, tmp_path / "backup")
    with Session(other_database) as session:
        assert session.scalars(select(SpendRow.day)).one() == date(2026, 2, 28)
    other_database.dispose()


def test_a_backup_of_older_tables_is_brought_to_those_of_today(
    empty_database: Engine, other_database: Engine, tmp_path: Path
) -> None:
    with empty_database.begin() as connection:
        migrate(connection, OLD)
        connection.execute(
            text("INSERT INTO running (kind, username, name, started) VALUES ('server', 'ada', '', :now)"),
            {"now": NOON if connection.dialect.name == "postgresql" else "2026-06-01 12:00:00.000000"},
        )
    back_up(empty_database, tmp_path / "backup")
    put_back(other_database, tmp_path / "backup")
    assert differences(other_database) == []
    assert rows_of(other_database) == [("ada", "", NOON)]
    other_database.dispose()


def test_a_migration_makes_a_backup_before(empty_database: Engine, tmp_path: Path) -> None:
    with empty_database.begin() as connection:
        migrate(connection, OLD)
    made = upgrade(empty_database, tmp_path / "backups")
    assert made is not None
    assert made.name.startswith(f"gaia-{OLD}-")
    assert made.stat().st_mode & 0o777 == 0o600
    with gzip.open(made, "rt") as lines:
        assert json.loads(next(lines))["tables"] == OLD


def test_a_database_that_is_new_or_of_today_is_not_backed_up(empty_database: Engine, tmp_path: Path) -> None:
    assert upgrade(empty_database, tmp_path / "backups") is None
    assert upgrade(empty_database, tmp_path / "backups") is None
    assert not (tmp_path / "backups").exists()


def test_a_database_newer_than_the_program_is_refused_by_name(filled: Engine) -> None:
    make_newer(filled)
    before = rows_of(filled)
    with pytest.raises(Conflict, match=f"revision 9999, and this version goes up to {newest()}"):
        upgrade(filled)
    assert rows_of(filled) == before


def make_newer(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))


def test_check_and_backup_refuse_a_newer_database_too(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    run = CliRunner().invoke
    run(gaia_vre, ["database", "upgrade", "--settings", settings])
    engine = make_engine(f"sqlite:///{tmp_path / 'gaia.sqlite'}")
    make_newer(engine)
    engine.dispose()
    for command in ("check", "backup", "upgrade"):
        error = run(gaia_vre, ["database", command, "--settings", settings]).exception
        assert isinstance(error, Conflict), command
        assert "9999" in error.message


def settings_for(folder: Path) -> str:
    file = folder / "settings.yaml"
    file.write_text(f"state: {folder / 'state'}\nservice:\n  database_url: sqlite:///{folder / 'gaia.sqlite'}\n")
    return str(file)


def test_a_backup_of_a_newer_program_is_refused_by_name(filled: Engine, other_database: Engine, tmp_path: Path) -> None:
    back_up(filled, tmp_path / "backup")
    lines = gzip.decompress((tmp_path / "backup").read_bytes()).replace(newest().encode(), b"9999", 1)
    (tmp_path / "backup").write_bytes(gzip.compress(lines))
    with pytest.raises(Conflict, match="backup has the tables of revision 9999"):
        put_back(other_database, tmp_path / "backup")
    other_database.dispose()


def damaged(whole: bytes) -> dict[str, bytes]:
    lines = gzip.decompress(whole).splitlines(keepends=True)
    return {
        "cut off": whole[: len(whole) * 2 // 3],
        "without its last line": gzip.compress(b"".join(lines[:-1])),
        "without a row": gzip.compress(b"".join(line for line in lines if b"ada" not in line)),
        "of no backup": b"PGDMP",
        "of other lines": gzip.compress(b'{"a": 1}\n'),
        "empty": b"",
        "of an unknown table": gzip.compress(b"".join(lines).replace(b'"table":"running"', b'"table":"walking"')),
    }


@pytest.mark.parametrize("how", list(damaged(gzip.compress(b""))))
def test_a_file_that_is_no_whole_backup_changes_nothing(how: str, filled: Engine, tmp_path: Path) -> None:
    back_up(filled, tmp_path / "backup")
    (tmp_path / "backup").write_bytes(damaged((tmp_path / "backup").read_bytes())[how])
    before = rows_of(filled)
    with pytest.raises(InvalidInput, match="no whole backup"):
        put_back(filled, tmp_path / "backup", replace=True)
    assert rows_of(filled) == before


def test_rows_are_replaced_only_when_told(filled: Engine, tmp_path: Path) -> None:
    back_up(filled, tmp_path / "backup")
    before = rows_of(filled)
    with Session(filled) as session:
        session.add(account(3, "site:later", None))
        session.commit()
    with pytest.raises(Conflict, match="holds 4 rows already: say --replace"):
        put_back(filled, tmp_path / "backup")
    put_back(filled, tmp_path / "backup", replace=True)
    assert rows_of(filled) == before


def test_tables_that_are_not_ours_are_left_alone(filled: Engine, tmp_path: Path) -> None:
    if filled.dialect.name != "postgresql":
        pytest.skip("an SQLite file is ours alone")
    with filled.begin() as connection:
        connection.execute(text("CREATE TABLE spatial_ref_sys (srid int)"))
    back_up(filled, tmp_path / "backup")
    assert b"spatial_ref_sys" not in gzip.decompress((tmp_path / "backup").read_bytes())
    put_back(filled, tmp_path / "backup", replace=True)
    assert "spatial_ref_sys" in inspect(filled).get_table_names()


def test_a_file_that_is_in_use_is_not_replaced(tmp_path: Path) -> None:
    engine, user = (make_engine(f"sqlite:///{tmp_path / 'gaia.sqlite'}") for _ in range(2))
    upgrade(engine)
    back_up(engine, tmp_path / "backup")
    with user.connect() as connection:
        connection.execute(text("SELECT count(*) FROM account"))
        with pytest.raises(Unavailable, match=r"gaia\.sqlite is in use: stop the service"):
            put_back(engine, tmp_path / "backup", replace=True)
    user.dispose()
    put_back(engine, tmp_path / "backup", replace=True)
    engine.dispose()


def test_a_replaced_file_is_kept_and_a_damaged_one_too(tmp_path: Path) -> None:
    file = tmp_path / "gaia.sqlite"
    engine = make_engine(f"sqlite:///{file}")
    upgrade(engine)
    back_up(engine, tmp_path / "backup")
    engine.dispose()
    file.write_bytes(b"no database" * 1000)
    put_back(engine, tmp_path / "backup", replace=True)
    engine.dispose()
    [kept] = tmp_path.glob("gaia.sqlite.replaced-*")
    assert kept.read_bytes().startswith(b"no database")


def test_a_backup_overwrites_nothing(filled: Engine, tmp_path: Path) -> None:
    (tmp_path / "backup").write_text("precious")
    with pytest.raises(Conflict, match="is there already"):
        back_up(filled, tmp_path / "backup")
    assert (tmp_path / "backup").read_text() == "precious"


def test_a_backup_shows_one_instant_while_others_write(filled: Engine, tmp_path: Path) -> None:
    with Session(filled) as session:
        session.add(account(3, "site:uncommitted", None))
        session.flush()
        assert back_up(filled, tmp_path / "backup") == 3
        session.commit()


def test_a_folder_that_cannot_be_written_is_named(filled: Engine, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Unavailable, match="cannot be written"):
        back_up(filled, tmp_path / "file" / "backup")


def test_the_command_line_backs_up_and_restores_through_pipes(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    run = CliRunner().invoke
    assert run(gaia_vre, ["database", "upgrade", "--settings", settings]).exit_code == 0
    piped = run(gaia_vre, ["database", "backup", "--settings", settings, "-"]).stdout_bytes
    put = run(gaia_vre, ["database", "restore", "--settings", settings, "--replace", "-"], input=piped)
    assert "0 rows are in" in put.output
    kept = run(gaia_vre, ["database", "backup", "--settings", settings]).output
    assert f"{tmp_path}/state/service/backups/gaia-{newest()}-" in kept


def test_a_database_without_tables_has_no_backup(empty_database: Engine, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="no tables yet"):
        back_up(empty_database, tmp_path / "backup")
    assert list(tmp_path.glob("*backup*")) == []


def test_many_rows_pass_through(empty_database: Engine, other_database: Engine, tmp_path: Path) -> None:
    upgrade(empty_database)
    with Session(empty_database) as session:
        session.add_all(
            RunningRow(kind="server", username=f"u{number}", name="", started=NOON) for number in range(2500)
        )
        session.commit()
    back_up(empty_database, tmp_path / "backup")
    assert put_back(other_database, tmp_path / "backup") == 2500
    with Session(other_database) as session:
        assert session.scalar(select(func.count()).select_from(RunningRow)) == 2500
    other_database.dispose()
