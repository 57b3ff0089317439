"""What every part of the settings is."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """Some settings that belong together; an unknown key is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)
