"""Accounts that were imported: kept in the database, in force beside those of the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite

from gaia_vre.core.errors import InvalidInput
from gaia_vre.core.quotas import Quotas
from gaia_vre.database.quotas import DeclaredRow
from gaia_vre.quotas.policy import rules_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import Engine

    from gaia_vre.core.quotas import DeclaredAccount
    from gaia_vre.quotas.policy import Rules


def rules_in_force(engine: Engine, settings: Quotas) -> Rules:
    """Return what the settings mean, with the imported accounts."""
    return rules_of(joined(settings, imported(engine)))


def imported(engine: Engine) -> list[dict[str, Any]]:
    """Return the imported accounts as they would stand in the settings."""
    with engine.connect() as connection:
        return list(connection.scalars(select(DeclaredRow.document).order_by(DeclaredRow.name)))


def joined(settings: Quotas, accounts: Iterable[dict[str, Any]]) -> Quotas:
    """Return the settings with more accounts; what the settings say of an account counts.

    Raises
    ------
    InvalidInput
        Together they are no tree.
    """
    given = [plain(one) for one in settings.accounts]
    known = {one["name"] for one in given}
    whole = settings.model_dump(mode="json", exclude_unset=True)
    whole["accounts"] = given + [one for one in accounts if one["name"] not in known]
    try:
        return Quotas.model_validate(whole)
    except ValidationError as error:
        problem = error.errors()[0]
        place = ".".join(str(part) for part in problem["loc"])
        raise InvalidInput(f"{place or 'quotas'}: {problem['msg']}") from error


def keep(engine: Engine, accounts: Iterable[DeclaredAccount], by: str, now: datetime) -> None:
    """Write accounts, over those of the same name."""
    kind = postgresql if engine.dialect.name == "postgresql" else sqlite
    with engine.begin() as connection:
        for one in accounts:
            values = {"document": plain(one), "by": by, "made": now}
            adding = kind.insert(DeclaredRow).values(name=one.name, **values)
            connection.execute(adding.on_conflict_do_update(index_elements=["name"], set_=values))


def mark(engine: Engine) -> tuple[int, datetime | None]:
    """Return what differs after every import."""
    with engine.connect() as connection:
        row = connection.execute(select(func.count(), func.max(DeclaredRow.made)).select_from(DeclaredRow)).one()
    return int(row[0]), row[1]


def plain(account: DeclaredAccount) -> dict[str, Any]:
    """Return an account as a file has it."""
    return account.model_dump(mode="json", exclude_defaults=True)
