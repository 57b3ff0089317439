"""What a transaction does after a savepoint belongs to the same whole, on each kind of database."""

from __future__ import annotations

import contextlib

import pytest
from sqlalchemy import Connection, Engine, text


@pytest.fixture
def kept(empty_database: Engine) -> Engine:
    with empty_database.begin() as connection:
        connection.execute(text("CREATE TABLE kept (number INTEGER)"))
    return empty_database


def put(connection: Connection, number: int, *, fails: bool = False) -> None:
    connection.execute(text("INSERT INTO kept VALUES (:number)"), {"number": number})
    if fails:
        raise RuntimeError


def numbers(engine: Engine) -> list[int]:
    with engine.connect() as connection:
        return list(connection.scalars(text("SELECT number FROM kept")))


def test_what_a_savepoint_holds_is_gone_when_its_transaction_fails(kept: Engine) -> None:
    with contextlib.suppress(RuntimeError), kept.begin() as connection:
        with connection.begin_nested():
            put(connection, 1)
        put(connection, 2, fails=True)
    assert numbers(kept) == []


def test_a_savepoint_that_fails_leaves_what_came_before(kept: Engine) -> None:
    with kept.begin() as connection:
        put(connection, 1)
        with contextlib.suppress(RuntimeError), connection.begin_nested():
            put(connection, 2, fails=True)
    assert numbers(kept) == [1]
