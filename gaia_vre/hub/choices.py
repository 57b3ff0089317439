"""What a person may choose for a lab, and the check of what was chosen."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from gaia_vre.core.errors import InvalidInput, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gaia_vre.core.settings import Environment, Labs, Size

_ACCOUNT = re.compile(r"[a-z]{1,16}:[^\x00-\x20\x7f:/]{1,100}")
_T = TypeVar("_T", "Size", "Environment")


@dataclass(frozen=True)
class Choice:
    """A size and an environment that exist here, and who pays."""

    size: Size
    environment: Environment
    account: str | None = None
    """None: the person's own; whether the person may pay with it, the service says."""

    @property
    def options(self) -> dict[str, str]:
        options = {"size": self.size.name, "environment": self.environment.name}
        return options | ({"account": self.account} if self.account else {})


def choose(labs: Labs, options: Mapping[str, Any]) -> Choice:
    """Return what the options name; what they leave out is the first of the settings.

    Raises
    ------
    InvalidInput
        An option or a name is unknown; the message has the nearest known one.
    """
    unknown = sorted(set(options) - {"size", "environment", "account"})
    if unknown:
        raise InvalidInput(f"The option {_shown(unknown[0])} is unknown; known are size, environment and account")
    return Choice(
        size=_named("size", labs.sizes, options.get("size")),
        environment=_named("environment", labs.environments, options.get("environment")),
        account=_account(options.get("account")),
    )


def _account(name: Any) -> str | None:
    if not name:
        return None
    if not isinstance(name, str) or not _ACCOUNT.fullmatch(name):
        raise InvalidInput(f"There is no account {_shown(name)}")
    return name


def _named(what: str, known: Sequence[_T], name: Any) -> _T:
    if name is None:
        return known[0]
    for choice in known:
        if choice.name == name:
            return choice
    names = [choice.name for choice in known]
    raise InvalidInput(
        f"There is no {what} {_shown(name)} here; there is {', '.join(names)}{did_you_mean(str(name)[:60], names)}"
    )


def _shown(value: Any) -> str:
    text = ascii(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
