"""What a person may choose for a lab, and the check of what was chosen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from gaia_vre.core.errors import InvalidInput, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gaia_vre.core.settings import Environment, Labs, Size

_T = TypeVar("_T", "Size", "Environment")


@dataclass(frozen=True)
class Choice:
    """A size and an environment that exist here."""

    size: Size
    environment: Environment

    @property
    def options(self) -> dict[str, str]:
        return {"size": self.size.name, "environment": self.environment.name}


def choose(labs: Labs, options: Mapping[str, Any]) -> Choice:
    """Return what the options name; what they leave out is the first of the settings.

    Raises
    ------
    InvalidInput
        An option or a name is unknown; the message has the nearest known one.
    """
    unknown = sorted(set(options) - {"size", "environment"})
    if unknown:
        raise InvalidInput(f"The option {_shown(unknown[0])} is unknown; known are size and environment")
    return Choice(
        size=_named("size", labs.sizes, options.get("size")),
        environment=_named("environment", labs.environments, options.get("environment")),
    )


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
