"""What a user may choose for a cluster, with its bounds."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any

from dask_gateway_server.options import Field, Options, Select

if TYPE_CHECKING:
    from gaia_vre.core.settings import Settings


class Amount(Field):  # type: ignore[misc]
    """A number between bounds; a refusal says the value and the limit."""

    def __init__(
        self, field: str, default: float, *, least: float, most: float, unit: str, label: str, whole: bool
    ) -> None:
        self.least, self.most, self.unit, self.whole = least, most, unit, whole
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


def cluster_options(settings: Settings) -> Options:
    """Return the options that the gateway offers; the environment is the notebook's unless chosen."""
    dask = settings.dask
    cores_limit = max(1, int(dask.worker_cores_limit))
    environments = [
        (each.name, str(each.prefix / "bin" / "python") if each.prefix else sys.executable)
        for each in settings.labs.environments
    ]
    return Options(
        Amount(
            "workers",
            0,
            least=0,
            most=dask.cluster_workers_limit,
            unit="workers",
            label="Workers at start",
            whole=True,
        ),
        Amount(
            "worker_cores",
            min(max(1, int(dask.worker_cores)), cores_limit),
            least=1,
            most=cores_limit,
            unit="cores",
            label="Cores of a worker",
            whole=True,
        ),
        Amount(
            "worker_memory_gib",
            min(dask.worker_memory_gib, dask.worker_memory_gib_limit),
            least=min(0.25, dask.worker_memory_gib_limit),
            most=dask.worker_memory_gib_limit,
            unit="GiB",
            label="Memory of a worker (GiB)",
            whole=False,
        ),
        Select("environment", environments, label="Environment"),
        handler=_configuration,
    )


def _configuration(chosen: Any) -> dict[str, Any]:
    return {
        "worker_cores": chosen.worker_cores,
        "worker_threads": chosen.worker_cores,
        "worker_memory": int(chosen.worker_memory_gib * 2**30),
        "scheduler_cmd": [chosen.environment, "-m", "gaia_vre.gateway.launcher"],
    }
