"""What a user may choose for a cluster, with its bounds."""

from __future__ import annotations

import math
import re
import sys
from typing import TYPE_CHECKING, Any

from dask_gateway_server.options import Field, Options, Select

if TYPE_CHECKING:
    from collections.abc import Callable

    from gaia_vre.core.settings import Settings


LAUNCHER = ("-P", "-m", "gaia_vre.gateway.launcher")
"""Arguments of Python; with -P a user's file named like a module is not taken for it."""

_LEAST_MEMORY_GIB = 0.25


class Amount(Field):  # type: ignore[misc]
    """A number between bounds; a refusal says the value and the limit."""

    whole = False

    def __init__(self, field: str, default: float, bounds: tuple[float, float], *, unit: str, label: str) -> None:
        (self.least, self.most), self.unit = bounds, unit
        super().__init__(field, default=default, label=label)

    def validate(self, x: Any) -> float:
        if isinstance(x, bool) or not isinstance(x, int | float) or not math.isfinite(x):
            raise ValueError(f"{self.field}: {x!r} is not a number")
        if self.whole and x != int(x):
            raise ValueError(f"{self.field}: {x!r} is not a whole number")
        if not self.least <= x <= self.most:
            bound = f"at least {self.least:g}" if x < self.least else f"at most {self.most:g}"
            raise ValueError(f"{self.field}: {x:g} {self.unit} asked, {bound} allowed")
        return int(x) if self.whole else float(x)

    def json_type_spec(self) -> dict[str, Any]:
        return {"type": "int" if self.whole else "float", "min": self.least, "max": self.most}


class Count(Amount):
    """A whole number between bounds."""

    whole = True


class Word(Field):  # type: ignore[misc]
    """A short word without spaces; whether it names anything is for the service to say."""

    length = 120

    def __init__(self, field: str, label: str) -> None:
        super().__init__(field, default="", label=label)

    def validate(self, x: Any) -> str:
        if not isinstance(x, str) or not re.fullmatch(rf"[^\x00-\x20\x7f]{{0,{self.length}}}", x):
            raise ValueError(f"{self.field}: {str(x)[:40]!a} is not a word of at most {self.length} characters")
        return x

    def json_type_spec(self) -> dict[str, Any]:
        return {"type": "string"}


def local_options(settings: Settings) -> Options:
    """Return the options of a gateway that runs clusters on its own machine."""
    environments = [
        (each.name, str(each.prefix / "bin" / "python") if each.prefix else sys.executable)
        for each in settings.labs.environments
    ]
    return cluster_options(settings, environments, _configuration)


def cluster_options(settings: Settings, environments: list[tuple[str, str]], handler: Callable[..., Any]) -> Options:
    """Return the options that every gateway offers; the environment is the notebook's unless chosen.

    Parameters
    ----------
    environments
        Names, and what `handler` makes of them.
    handler
        Returns the configuration of a cluster with the options that were chosen.
    """
    dask = settings.dask
    cores_limit = max(1, int(dask.worker_cores_limit))
    cores = min(max(1, int(dask.worker_cores)), cores_limit)
    memory_bounds = (min(_LEAST_MEMORY_GIB, dask.worker_memory_gib_limit), dask.worker_memory_gib_limit)
    memory = min(dask.worker_memory_gib, dask.worker_memory_gib_limit)
    return Options(
        Count("workers", 0, (0, dask.cluster_workers_limit), unit="workers", label="Workers at start"),
        Count("worker_cores", cores, (1, cores_limit), unit="cores", label="Cores of a worker"),
        Amount("worker_memory_gib", memory, memory_bounds, unit="GiB", label="Memory of a worker (GiB)"),
        Select("environment", environments, label="Environment"),
        Word("account", label="Account that pays"),
        Word("lease", label="Lease of the server it is started from"),
        handler=handler,
    )


def _configuration(chosen: Any) -> dict[str, Any]:
    return {
        "worker_cores": chosen.worker_cores,
        "worker_threads": chosen.worker_cores,
        "worker_memory": int(chosen.worker_memory_gib * 2**30),
        "scheduler_cmd": [chosen.environment, *LAUNCHER],
    }
