"""What a cluster was granted: how many workers it may have, what it still wishes, why not more."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, Self

from gaia_vre.core.errors import InvalidInput

LeaseState = Literal["none", "held", "emergency", "ended"]
"""emergency: taken while the service was silent, to be told to it later."""

SILENT = "the service that decides does not answer now; it is asked again"


@dataclass(frozen=True)
class Size:
    """What the scheduler or a worker holds."""

    cores: float
    memory_gib: float


@dataclass(frozen=True)
class Sizes:
    """What a cluster holds without workers, and what each worker adds."""

    base: Size
    each: Size

    @classmethod
    def of(cls, config: Any) -> Self:
        """Return the sizes that a `ClusterConfig` gives; a pod holds as much as it may use."""
        return cls(_size(config, "scheduler"), _size(config, "worker"))


@dataclass(frozen=True)
class Wish:
    """What the user asked for last: so many workers, or as many as the work needs within bounds."""

    most: int | None
    least: int | None = None
    adaptive: bool = False

    @classmethod
    def of(cls, message: dict[str, Any]) -> Self | None:
        """Return the wish in a message to the scheduler; one that only ends adaptive scaling holds none.

        Raises
        ------
        InvalidInput
            A number of workers is none.
        """
        if message["op"] == "scale":
            return cls(_count("count", message["count"]))
        least, most = (_count(name, message.get(name)) for name in ("minimum", "maximum"))
        return cls(most, least, adaptive=True) if message.get("active", True) else None

    def within(self, granted: int) -> dict[str, Any]:
        """Return the message by which a scheduler wants no more than was granted."""
        most = granted if self.most is None else min(self.most, granted)
        if not self.adaptive:
            return {"op": "scale", "count": most}
        return {"op": "adapt", "minimum": min(self.least or 0, most), "maximum": most, "active": True}


@dataclass(frozen=True)
class Grant:
    """What the service said about a cluster; kept with the cluster, so that it outlives the gateway."""

    state: LeaseState = "none"
    granted: int = 0
    """Workers that it may have."""
    wanted: int = 0
    message: str = ""
    """Why it has fewer workers than it wants."""
    account: str = ""
    """Who pays."""
    ran: bool = False
    """Its scheduler answered at least once."""
    wish: Wish | None = None
    told: int | None = None
    """The number to which the scheduler was lowered; None: it knows the whole wish."""
    kept: str | None = None
    """ISO instant until which it runs on without the server it was started from."""

    @property
    def live(self) -> bool:
        """Say whether the service holds something for it, or is to hear that it does not any more."""
        return self.state in ("held", "emergency")

    @classmethod
    def load(cls, kept: dict[str, Any] | None) -> Self:
        """Return the grant that was kept; of a cluster that has none, an empty one."""
        if not kept:
            return cls()
        return cls(**kept | {"wish": Wish(**kept["wish"]) if kept.get("wish") else None})

    def dump(self) -> dict[str, Any]:
        return asdict(self)

    def answered(self, granted: int, wanted: int, message: str) -> Self:
        """Return the grant after an answer of the service."""
        return replace(self, state="held", granted=granted, wanted=wanted, message=message if granted < wanted else "")

    def silent(self, wanted: int) -> Self:
        """Return the grant while the service does not answer: what is granted stays, growth waits."""
        said = f"{self.granted} of {wanted} workers: {SILENT}" if self.granted < wanted else ""
        return replace(self, wanted=wanted, message=said)

    def wanting(self, asked: int) -> int:
        """Return what the cluster wants, where its scheduler asks for so many workers.

        A scheduler that was lowered and asks for all it was told may want more: up to its wish.
        """
        if self.told is None or self.wish is None or self.wish.most is None or asked < self.told:
            return asked
        return max(asked, self.wish.most)


def _size(config: Any, part: str) -> Size:
    cores, memory = (
        getattr(config, f"{part}_{what}_limit", None) or getattr(config, f"{part}_{what}")
        for what in ("cores", "memory")
    )
    return Size(cores, memory / 2**30)


def _count(name: str, value: Any) -> int | None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
        raise InvalidInput(f"{name}: {str(value)[:40]!a} workers asked, a whole number from 0 is needed")
    return value


def emergency_workers(sizes: Sizes, count: int, cores_left: float) -> int | None:
    """Return how many workers start on so many cores while the service is silent; None: not even the scheduler."""
    room = cores_left - sizes.base.cores
    if room < 0:
        return None
    return min(count, int(room // sizes.each.cores))
