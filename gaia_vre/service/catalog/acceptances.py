"""Who accepted which licence and when, in the database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from gaia_vre.database.tables import AcceptanceRow

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import Engine

    from gaia_vre.core.access_settings import LicenceText


@dataclass(frozen=True)
class Acceptance:
    """One person's acceptance of one version of a licence."""

    username: str
    licence: str
    digest: str
    """SHA-256 of the text that was accepted."""
    accepted: datetime


class Acceptances:
    """Reads and adds; nothing is changed or taken away."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def add(self, username: str, licence: LicenceText, now: datetime) -> None:
        """Record that somebody accepts the present text; the first time counts."""
        row = AcceptanceRow(username=username, licence=licence.key, digest=licence.digest, accepted=now)
        try:
            with Session(self.engine) as session, session.begin():
                session.add(row)
        except IntegrityError:
            return  # accepted before

    def of(self, username: str, licences: Iterable[LicenceText]) -> frozenset[str]:
        """Return the keys of those licences whose present text this person has accepted."""
        query = select(AcceptanceRow.licence, AcceptanceRow.digest).where(AcceptanceRow.username == username)
        with Session(self.engine) as session:
            accepted = {(key, digest) for key, digest in session.execute(query)}
        return frozenset(one.key for one in licences if (one.key, one.digest) in accepted)

    def all(self, licence: str | None = None, username: str | None = None) -> list[Acceptance]:
        """Return every acceptance, oldest first."""
        query = select(AcceptanceRow).order_by(AcceptanceRow.id)
        if licence is not None:
            query = query.where(AcceptanceRow.licence == licence)
        if username is not None:
            query = query.where(AcceptanceRow.username == username)
        with Session(self.engine) as session:
            return [Acceptance(row.username, row.licence, row.digest, row.accepted) for row in session.scalars(query)]
