"""Who is let into a lab besides its owner is told to the service."""

from __future__ import annotations

import asyncio

from gaia_vre.core.errors import Unavailable
from gaia_vre.lab.visitors import AGAIN_SECONDS, Visitors


def told_of(names: list[tuple[float, str]], failures: int = 0) -> list[str]:
    told: list[str] = []
    now = [0.0]
    left = [failures]

    async def tell(name: str) -> None:
        if left[0]:
            left[0] -= 1
            raise Unavailable("The GAIA service does not answer")
        told.append(name)

    async def come() -> None:
        visitors = Visitors("ada", tell, lambda: now[0])
        for at, name in names:
            now[0] = at
            visitors.seen(name)
            await asyncio.sleep(0)
            await asyncio.sleep(0)

    asyncio.run(come())
    return told


def test_the_owner_and_nobody_are_no_visitors() -> None:
    assert told_of([(0, "ada"), (1, ""), (2, "root")]) == ["root"]


def test_a_visitor_is_told_of_now_and_then_while_here() -> None:
    assert told_of([(0, "root"), (1, "root"), (2, "bob"), (AGAIN_SECONDS, "root")]) == ["root", "bob", "root"]


def test_what_could_not_be_told_is_told_at_the_next_request() -> None:
    assert told_of([(0, "root"), (1, "root")], failures=1) == ["root"]
