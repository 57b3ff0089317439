"""Set traits without overriding what an operator has set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from traitlets.config import Config


def propose(config: Config, section: str, **values: Any) -> None:
    """Set each trait of the section that the configuration has not set yet."""
    traits = config[section]
    for name, value in values.items():
        if name not in traits:
            traits[name] = value
