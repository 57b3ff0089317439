from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, func, select

from gaia_vre.core.errors import NotFound
from gaia_vre.database.messages import MessageReadRow, MessageRow
from gaia_vre.database.migrate import upgrade
from gaia_vre.messages.model import Message, one_line
from gaia_vre.messages.store import Messages, after, as_message, write

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def messages(empty_database: Engine) -> Messages:
    upgrade(empty_database)
    return Messages(empty_database)


def message(key: str, username: str | None = "ada", **changes: object) -> Message:
    return Message(key, "operators", username, NOON, {"title_en": key}, **changes)  # type: ignore[arg-type]


def keys(found: list[Message]) -> list[str]:
    return [one.key for one in found]


def test_one_message_is_stored_once(messages: Messages) -> None:
    assert messages.send(message("a"))
    assert not messages.send(message("a"))
    assert keys(messages.latest("ada")) == ["a"]


def test_nobody_reads_what_is_for_another(messages: Messages) -> None:
    messages.send(message("for bob", "bob"))
    assert messages.latest("ada") == messages.unread("ada", NOON) == messages.missed("ada", 0, NOON, 10) == []
    (theirs,) = messages.latest("bob")
    with pytest.raises(NotFound, match=f"no message {theirs.id} of yours"):
        messages.put_away("ada", theirs.id, NOON)
    assert messages.latest("bob")[0].read is None


def test_what_everybody_is_told_is_stored_once_and_read_by_each(messages: Messages) -> None:
    messages.send(message("all", None))
    (seen,) = messages.unread("ada", NOON)
    messages.put_away("ada", seen.id, NOON)
    messages.put_away("ada", seen.id, NOON)
    assert messages.unread("ada", NOON) == []
    assert keys(messages.unread("bob", NOON)) == ["all"]
    assert [one.read for one in messages.latest("ada")] == [NOON]
    assert [one.read for one in messages.latest("bob")] == [None]


def test_all_is_put_away_up_to_what_was_seen(messages: Messages) -> None:
    for key, username in (("a", "ada"), ("b", None), ("for bob", "bob"), ("c", "ada")):
        messages.send(message(key, username))
    seen = messages.unread("ada", NOON)[1]
    assert seen.key == "b"
    assert messages.put_all_away("ada", seen.id, NOON) == 2
    assert keys(messages.unread("ada", NOON)) == ["c"]
    assert keys(messages.unread("bob", NOON)) == ["for bob", "b"]


def test_what_is_over_is_shown_no_more(messages: Messages) -> None:
    messages.send(message("short", expires=NOON + timedelta(hours=1)))
    assert keys(messages.unread("ada", NOON)) == ["short"]
    later = NOON + timedelta(hours=1)
    assert messages.unread("ada", later) == messages.missed("ada", 0, later, 10) == []


def test_only_a_message_for_everybody_is_withdrawn(messages: Messages) -> None:
    messages.send(message("own"))
    messages.send(message("all", None))
    shared, own = messages.unread("ada", NOON)
    with pytest.raises(NotFound):
        messages.withdraw(own.id, NOON)
    messages.withdraw(shared.id, NOON)
    assert keys(messages.unread("ada", NOON)) == ["own"]
    with pytest.raises(NotFound):
        messages.withdraw(shared.id, NOON)


def test_a_full_store_is_emptied_by_age_and_no_number_comes_twice(messages: Messages) -> None:
    for number in range(1100):
        messages.send(message(f"old {number}", None if number % 2 else "ada"))
    messages.put_away("ada", messages.newest(), NOON)
    last, late = messages.newest(), NOON + timedelta(days=91)
    assert (messages.forget(late), messages.forget(late), messages.forget(late)) == (1000, 100, 0)
    with messages.engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(MessageReadRow)) == 0
    messages.send(message("new"))
    assert messages.newest() > last


def test_a_message_stands_or_falls_with_what_it_tells_of(messages: Messages) -> None:
    with messages.engine.begin() as connection:
        assert write(connection, message("never"))
        connection.rollback()
    assert messages.latest("ada") == []


def test_numbers_rise_in_the_order_of_commits(messages: Messages) -> None:
    """A reader that follows the numbers while many write sees each message."""
    seen: list[int] = []
    done = threading.Event()

    def send(writer: int) -> None:
        for number in range(25):
            with messages.engine.begin() as connection:
                write(connection, message(f"{writer}-{number}"))

    def follow() -> None:
        while True:
            last = done.is_set()
            with messages.engine.connect() as connection:
                found = [as_message(row) for row in connection.execute(after(seen[-1] if seen else 0, 100))]
            seen.extend(one.id for one in found)
            if last and not found:
                return

    reader = threading.Thread(target=follow)
    reader.start()
    writers = [threading.Thread(target=send, args=(writer,)) for writer in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    done.set()
    reader.join()
    with messages.engine.connect() as connection:
        assert seen == list(connection.scalars(select(MessageRow.id).order_by(MessageRow.id)))
    assert len(seen) == 100


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("x" * 10_000, "x" * 499 + "…"),
        ("a\nb\r\x00c", "a b c"),
        ("\u202egnp.exe\u2066", "gnp.exe"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("\ud800", ""),
        ("\u05d0\u05d1", "\u05d0\u05d1"),
    ],
    ids=["long", "lines", "turned round", "markup stays text", "half a character", "right to left"],
)
def test_hostile_texts_are_stored_as_one_short_line(messages: Messages, given: str, kept: str) -> None:
    assert one_line(given) == kept
    messages.send(Message("k" * 10_000, "operators", "ada", NOON, {"title_en": given, "at": NOON}))
    (found,) = messages.latest("ada")
    assert found.facts == {"title_en": kept, "at": NOON}
    assert len(found.key) <= 200


def test_long_keys_stay_apart(messages: Messages) -> None:
    assert messages.send(message("k" * 300 + "a"))
    assert messages.send(message("k" * 300 + "b"))
