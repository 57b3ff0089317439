"""The language that a person switched to, so that their next browser begins with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from gaia_vre.database.tables import PreferenceRow

if TYPE_CHECKING:
    from sqlalchemy import Engine


class Preferences:
    """Reads and remembers."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def language(self, username: str) -> str | None:
        """Return the code of the language, None when the person never switched."""
        with Session(self.engine) as session:
            row = session.get(PreferenceRow, username)
            return row.language if row else None

    def remember(self, username: str, language: str) -> None:
        with Session(self.engine) as session, session.begin():
            session.merge(PreferenceRow(username=username, language=language))
