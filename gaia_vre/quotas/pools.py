"""Accounts that pay for what nobody's own account should: the platform chooses them, no person does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gaia_vre.quotas.model import Window
from gaia_vre.quotas.policy import Declared, amounts_of

if TYPE_CHECKING:
    from gaia_vre.core.quotas import Limits
    from gaia_vre.core.sandbox_settings import Sandboxes
    from gaia_vre.quotas.policy import Payers, Rules

SANDBOXES = "community:sandboxes"
VISITORS = "community:visitors"


@dataclass(frozen=True)
class WithPools:
    """Accounts that people made, and the pools beside them."""

    made: Payers
    pools: tuple[Declared, ...]

    def declared(self, name: str) -> Declared | None:
        """Return such an account, or None."""
        return next((one for one in self.pools if one.name == name), None) or self.made.declared(name)

    def open_to(self, username: str, groups: frozenset[str]) -> list[Declared]:
        """Return those that somebody may choose: no pool."""
        return self.made.open_to(username, groups)

    def managed_by(self, username: str) -> list[Declared]:
        """Return those that somebody manages: no pool."""
        return self.made.managed_by(username)


def sandbox_pools(rules: Rules, settings: Sandboxes) -> tuple[Declared, ...]:
    """Return the accounts that pay for sandboxes, below the first site: of people, and of visitors."""
    return (
        _pool(rules, SANDBOXES, "Sandboxes", settings.budget, "sandboxes.budget"),
        _pool(rules, VISITORS, "Sandboxes of visitors", settings.anonymous.budget, "sandboxes.anonymous.budget"),
    )


def _pool(rules: Rules, name: str, title: str, limits: Limits, place: str) -> Declared:
    kind, _, key = name.partition(":")
    return Declared(
        kind=kind,  # type: ignore[arg-type]
        key=key,
        parent=next(one.name for one in rules.accounts if one.kind == "site"),
        title=title,
        amounts=amounts_of(limits, place),
        window=Window(days=limits.days) if limits.days else None,
    )
