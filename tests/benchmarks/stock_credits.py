"""The stock side of the ledger's benchmark: jupyterhub-credit-service, run by an interpreter that has it.

Prints one JSON object: seconds of a decision before a start, and of one pass over everybody.
"""

import asyncio
import json
import random
import statistics
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

from jupyterhub.utils import utcnow
from jupyterhub_credit_service.authenticator import CreditsAuthenticator
from jupyterhub_credit_service.orm import Base, CreditsProject, CreditsUser, CreditsUserValues
from jupyterhub_credit_service.spawner import CreditsSpawner
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from traitlets.config import Configurable

USERS, PROJECTS, RUNNING, STARTS = 15_000, 300, 3_000, 300


class Hub(Configurable):
    """What the authenticator asks of the hub: its database."""


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        address = f"sqlite:///{Path(folder) / 'hub.sqlite'}"
        engine = create_engine(address)
        Base.metadata.create_all(engine)
        hub = Hub()
        hub.db_url, hub.db = address, Session(engine)
        _fill(hub.db)
        authenticator = CreditsAuthenticator(parent=hub)
        authenticator.credits_task.cancel()
        starts = [await _decide(authenticator, hub.db, number) for number in range(STARTS)]
        for number in range(RUNNING):
            _run(authenticator, number)
        seconds = await _pass(authenticator)
        hub.db.close()
    print(json.dumps({"decision": statistics.median(starts), "pass": seconds, "users": USERS, "running": RUNNING}))


def _fill(db: Session) -> None:
    chance = random.Random(5)
    db.add_all(CreditsProject(name=f"p{number}", balance=10**6, cap=10**6) for number in range(PROJECTS))
    db.add_all(CreditsUser(name=f"user-{number}", spawner_bills={}) for number in range(USERS))
    db.flush()
    for number in range(USERS):
        project = f"p{chance.randrange(PROJECTS)}"
        # No grants are due, so that only what runs is written: the kindest case.
        db.add(
            CreditsUserValues(name="own", user_name=f"user-{number}", project_name=project, balance=10**6, cap=10**6)
        )
    db.commit()


async def _decide(authenticator: CreditsAuthenticator, db: Session, number: int) -> float:
    user = SimpleNamespace(name=f"user-{number}", authenticator=authenticator, spawners={})
    spawner = CreditsSpawner(user=user, user_options={})
    db.expire_all()
    begun = time.perf_counter()
    await spawner.run_pre_spawn_hook()
    return time.perf_counter() - begun


def _run(authenticator: CreditsAuthenticator, number: int) -> None:
    started = utcnow(with_tz=False) - timedelta(hours=1)
    spawner = SimpleNamespace(
        name="",
        _log_name=f"user-{number}:",
        _billing_interval=60,
        _billing_value=10,
        active=True,
        ready=True,
        user_options={},
        orm_spawner=SimpleNamespace(id=number, started=started),
    )
    user = SimpleNamespace(name=f"user-{number}", id=number, spawners={"": spawner}, authenticator=authenticator)
    authenticator.user_credits_dict[user.name] = user


async def _pass(authenticator: CreditsAuthenticator) -> float:
    """Run the task until its first pass ends: it says so by an event."""
    authenticator.credits_task_interval = 3600
    begun = time.perf_counter()
    task = asyncio.create_task(authenticator.credit_reconciliation_task())
    await authenticator.credits_task_event.wait()
    task.cancel()
    return time.perf_counter() - begun


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
