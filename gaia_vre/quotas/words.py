"""What people call the dimensions of accounting, and how they write numbers."""

from __future__ import annotations

from gaia_vre.core.marking import counted

FORMS = {
    "cores": counted("core", "cores"),
    "memory": counted("GiB", "GiB"),
    "gpus": counted("GPU", "GPUs"),
    "servers": counted("server", "servers"),
    "clusters": counted("Dask cluster", "Dask clusters"),
    "workers": counted("Dask worker", "Dask workers"),
    "core_hours": counted("core-hour", "core-hours"),
    "gib_hours": counted("GiB-hour", "GiB-hours"),
    "gpu_hours": counted("GPU-hour", "GPU-hours"),
    "credits": counted("credit", "credits"),
}
"""What each dimension counts: one of it, and many."""
WORDS = {name: many for name, (_, many) in FORMS.items()}


def number(value: float) -> str:
    """Return a number as people write it, with at most two digits behind the point."""
    return f"{value:,.2f}".rstrip("0").rstrip(".")
