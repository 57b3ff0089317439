"""Settings of sandboxes for visitors, who have no account: who gets one, from what, for how long, how many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from gaia_vre.core.part import Part
from gaia_vre.core.quotas import Limits

if TYPE_CHECKING:
    from gaia_vre.core.settings import Settings

VisitorSource = Literal["blank", "example", "dataset", "git"]


class Visitors(Part):
    """Sandboxes for visitors, who know a passphrase and have no account."""

    enabled: bool = Field(
        default=False,
        description="Whether visitors without an account get a sandbox at /services/gaia/try when they know the "
        "passphrase; it ends without trace. Needs a catalog that answers without a sign-in.",
    )
    passphrase_variable: str = Field(
        default="GAIA_VRE_VISITOR_PASSPHRASE",
        pattern=r"^[A-Za-z_][A-Za-z0-9_]*$",
        description="Environment variable of the service that holds the passphrase, of at least 12 characters.",
    )
    most: int = Field(default=5, ge=1, le=100, description="Sandboxes that all visitors may have at a time.")
    minutes: float = Field(default=60, ge=0.1, le=1440, description="How long one lives; it is not made longer.")
    sources: tuple[VisitorSource, ...] = Field(
        default=("blank", "example", "dataset"),
        min_length=1,
        description="What they may start from: blank, example, dataset, git.",
    )
    repositories: tuple[str, ...] = Field(
        default=(),
        description="Addresses of the Git repositories that visitors may start from, for sources: git; no other.",
    )
    budget: Limits = Field(
        default=Limits(cores=10, memory_gib=20, days=30),
        description="Limits of the account community:visitors, which pays for all of them.",
    )


def has_visitors(settings: Settings) -> bool:
    """Say whether visitors may get a sandbox here."""
    return settings.has_sandboxes and settings.sandboxes.anonymous.enabled
