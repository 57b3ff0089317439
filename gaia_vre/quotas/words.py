"""What people call the dimensions of accounting, and how they write numbers."""

from __future__ import annotations

WORDS = {
    "cores": "cores",
    "memory": "GiB",
    "gpus": "GPUs",
    "servers": "servers",
    "clusters": "Dask clusters",
    "workers": "Dask workers",
    "core_hours": "core-hours",
    "gib_hours": "GiB-hours",
    "gpu_hours": "GPU-hours",
    "credits": "credits",
}


def number(value: float) -> str:
    """Return a number as people write it, with at most two digits behind the point."""
    return f"{value:,.2f}".rstrip("0").rstrip(".")
