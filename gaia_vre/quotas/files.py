"""Declared accounts and overrides as a file: written out, checked and taken in; twice is as once."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import AwareDatetime, Field, ValidationError, field_validator

from gaia_vre.core.errors import Conflict, GaiaError, InvalidInput
from gaia_vre.core.part import Part
from gaia_vre.core.quotas import Amount, DeclaredAccount, Dimension  # noqa: TC001 - pydantic reads them
from gaia_vre.quotas import imported
from gaia_vre.quotas.accounts import account_name
from gaia_vre.quotas.holders import Given
from gaia_vre.quotas.model import payer_of
from gaia_vre.quotas.offers import people
from gaia_vre.quotas.policy import NAMES, amount_of, dimension_of, rules_of
from gaia_vre.quotas.shares import Shares

if TYPE_CHECKING:
    from pathlib import Path

    from gaia_vre.core.quotas import Quotas
    from gaia_vre.quotas.deciding import Office

_MOST_BYTES = 20_000_000
_OWN = ("person", "ceiling")
_SETTINGS_NAMES = {ours: theirs for theirs, ours in NAMES.items()}


class OverrideEntry(Part):
    """A dated number for one account."""

    account: str = Field(pattern=r"^[a-z]{1,10}:[^\x00-\x20\x7f]{1,110}$")
    limit: Dimension
    value: Amount
    start: AwareDatetime
    until: AwareDatetime | None = None
    reason: str = Field(min_length=1, max_length=300)
    by: str = Field(min_length=1, max_length=255)


class QuotaFile(Part):
    """What `quota export` writes and `quota import` reads."""

    accounts: tuple[DeclaredAccount, ...] = ()
    overrides: tuple[OverrideEntry, ...] = Field(default=(), max_length=100_000)

    @field_validator("accounts")
    @classmethod
    def _accounts_stand_once(cls, accounts: tuple[DeclaredAccount, ...]) -> tuple[DeclaredAccount, ...]:
        for name, times in Counter(one.name for one in accounts).items():
            if times > 1:
                raise ValueError(f"{name} stands twice")
        return accounts


@dataclass(frozen=True)
class Taken:
    """What an import changed."""

    accounts: int
    overrides: int
    known: int
    """So many stood already as they are in the file."""


def export(office: Office, settings: Quotas) -> str:
    """Return all declared accounts and all overrides as YAML."""
    accounts = imported.joined(settings, imported.imported(office.engine)).accounts
    overrides = [_entry(one) for one in reversed(office.holders.overrides())]
    whole = {"accounts": [imported.plain(one) for one in accounts], "overrides": overrides}
    return yaml.safe_dump(whole, sort_keys=False, allow_unicode=True)


def read(path: Path) -> QuotaFile:
    """Read and check a file; raises InvalidInput with the path and the rule."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise InvalidInput(f"{path}: {path.stat().st_size:,} bytes; at most {_MOST_BYTES:,} are read")
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidInput(f"{path}: cannot be read ({error.strerror})") from error
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput(f"{path}: is not YAML ({str(error).splitlines()[0]})") from error
    try:
        return QuotaFile.model_validate({} if values is None else values)
    except ValidationError as error:
        problem = error.errors()[0]
        place = ".".join(str(part) for part in problem["loc"])
        shown = f" (given: {problem['input']!r:.80})" if isinstance(problem["input"], str | int | float) else ""
        raise InvalidInput(f"{path}: {place or 'the file'}: {problem['msg']}{shown}") from error


def take(office: Office, settings: Quotas, path: Path, by: str) -> Taken:
    """Put a file in force; nothing is changed when any of it cannot be.

    What the file does not name stays: an import removes nothing.

    Raises
    ------
    InvalidInput
        A part breaks a rule, named with the path; the accounts, with those of the settings, are no tree.
    Conflict
        The settings declare an account otherwise, or it stands below another one.
    """
    try:
        return _take(office, settings, read(path), by)
    except GaiaError as error:
        said = error.message if error.message.startswith(f"{path}") else f"{path}: {error.message}"
        raise type(error)(said) from error


def _take(office: Office, settings: Quotas, file: QuotaFile, by: str) -> Taken:
    now = office.clock().wall
    merged = {one["name"]: one for one in imported.imported(office.engine)}
    merged |= {one.name: imported.plain(one) for one in file.accounts}
    rules = rules_of(imported.joined(settings, merged.values()))
    new = _new_accounts(office, settings, file)
    known = set(office.holders.overrides())
    given = [_given(place, one) for place, one in enumerate(file.overrides)]
    names = {one.name for one in rules.accounts} | {one.name for one in office.accounts.declared()}
    for place, one in enumerate(given):
        kind, _, key = one.account.partition(":")
        if kind in _OWN:
            account_name(kind, key)  # type: ignore[arg-type] # a name that is none is refused before anything is kept
        elif payer_of(one.account) not in names:
            raise InvalidInput(f"overrides.{place}.account: there is no account {one.account!a}")
    imported.keep(office.engine, new, by, now)
    office.renew(rules)
    added = 0
    for one in dict.fromkeys(given):
        if one not in known:
            _give(office, one)
            added += 1
    return Taken(len(new), added, len(file.accounts) - len(new) + len(given) - added)


def _new_accounts(office: Office, settings: Quotas, file: QuotaFile) -> list[DeclaredAccount]:
    """Return the accounts of a file that are not in force as they are there."""
    ours = {one.name: one for one in settings.accounts}
    before = {one["name"]: one for one in imported.imported(office.engine)}
    rows = {one.name: one for one in office.accounts.declared()}
    by_id = {one.id: name for name, one in rows.items()}
    new = []
    for one in file.accounts:
        if one.name in ours:
            if ours[one.name] != one:
                raise Conflict(f"{one.name} stands in the settings otherwise, and they count; change it there")
            continue
        row = rows.get(one.name)
        if row and by_id.get(row.parent or 0) != one.parent:
            raise Conflict(f"{one.name} stands below {by_id.get(row.parent or 0)}, not below {one.parent}")
        if before.get(one.name) != imported.plain(one):
            new.append(one)
    return new


def _give(office: Office, given: Given) -> None:
    payer = payer_of(given.account)
    if payer != given.account:
        Shares(office).open(payer, given.account.partition("/")[2])
    office.holders.give(given, office.clock().wall)


def _given(place: int, one: OverrideEntry) -> Given:
    if one.until is not None and one.until <= one.start:
        raise InvalidInput(f"overrides.{place}.until: {one.until.isoformat()} is not after {one.start.isoformat()}")
    value = None if one.value == "unlimited" else amount_of(f"overrides.{place}.value", one.limit, one.value)
    return Given(one.account, dimension_of(one.limit), value, one.start, one.until, one.reason, one.by)


def _entry(one: Given) -> dict[str, Any]:
    value = "unlimited" if one.value is None else people(one.dimension, one.value)
    limit = _SETTINGS_NAMES.get(one.dimension, one.dimension)
    dated = {"start": one.start.isoformat()} | ({"until": one.until.isoformat()} if one.until else {})
    return {"account": one.account, "limit": limit, "value": value, **dated, "reason": one.reason, "by": one.by}
