"""Settings of the apps that projects publish."""

from __future__ import annotations

from pydantic import Field

from gaia_vre.core.part import Part


class Apps(Part):
    """Programs of projects that others visit."""

    enabled: bool = Field(
        default=True,
        description="Whether editors may publish Panel, Streamlit and Voilà apps, and anybody visits them.",
    )
    idle_minutes: float = Field(
        default=20,
        ge=0.05,
        le=1440,
        description="An app sleeps after so long without a request or a click; the next visit wakes it.",
    )
    most: int = Field(default=8, ge=0, le=10, description="Apps that one project may publish.")
