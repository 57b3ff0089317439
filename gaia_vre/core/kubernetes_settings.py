"""Settings of labs as pods: where homes and data are, who a pod runs as."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from gaia_vre.core.part import Part

_NAME = r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$"


def _absolute(path: PurePosixPath) -> PurePosixPath:
    if not path.is_absolute() or len(path.parts) < 2 or ".." in path.parts:
        raise ValueError(f"{path} is no place for files in a pod; give an absolute one, as /home/jovyan")
    return path


def _relative(path: PurePosixPath) -> PurePosixPath:
    if path.is_absolute() or ".." in path.parts:
        raise ValueError(f"{path} leads out of the claim; give a folder inside of it, as projects/heat")
    return path


Place = Annotated[PurePosixPath, AfterValidator(_absolute)]
Folder = Annotated[PurePosixPath, AfterValidator(_relative)]


class PodHomes(Part):
    """Where people's homes are."""

    kind: Literal["claim-per-user", "shared-claim"] = Field(
        default="claim-per-user",
        description="claim-per-user: a volume for each person, made at the first start; shared-claim: folders of one "
        "volume that many nodes can write (ReadWriteMany).",
    )
    claim: str = Field(
        default="gaia-homes", pattern=_NAME, description="Name of the volume's claim, for kind shared-claim."
    )
    folder: Folder = Field(
        default=PurePosixPath("homes"),
        description="Folder of the shared claim that holds the homes; pods of `kubernetes.group_id` must be able to "
        "write there.",
    )
    storage_class: str | None = Field(
        default=None, pattern=_NAME, description="Storage class of new claims; empty: the cluster's default."
    )
    capacity_gib: float = Field(default=10, gt=0, le=100_000, description="Size of a new claim in GiB.")
    access_mode: Literal["ReadWriteOnce", "ReadWriteMany"] = Field(
        default="ReadWriteOnce",
        description="Of new claims. With ReadWriteOnce all servers of a person must fit on one node.",
    )
    mount: Place = Field(default=PurePosixPath("/home/jovyan"), description="Where a lab finds its home.")


class PodData(Part):
    """Prepared datasets that every lab and Dask worker may read, and none can change."""

    claim: str | None = Field(
        default=None, pattern=_NAME, description="Name of the claim that holds them; empty: only those of the image."
    )
    folder: Folder = Field(
        default=PurePosixPath(), description="Folder of the claim that holds them; its `catalog` is the STAC catalog."
    )
    mount: Place = Field(default=PurePosixPath("/data"), description="Where labs and workers find them.")


class PodShared(Part):
    """A volume that labs and the service both have, in two namespaces: folders of projects, work of sandboxes."""

    claim: str | None = Field(
        default=None,
        pattern=_NAME,
        description="Name of its claim (ReadWriteMany) in the namespace of labs; the service has the same volume by "
        "service.sharedClaim. Empty: there are no sandboxes, and projects have no folders.",
    )
    folder: Folder = Field(
        default=PurePosixPath(), description="Folder of the volume below which `projects` and `sandboxes` are made."
    )
    mount: Place = Field(default=PurePosixPath("/srv/gaia-shared"), description="Where the service finds the volume.")


class Kubernetes(Part):
    """Labs and Dask clusters as pods."""

    namespace: str | None = Field(
        default=None,
        pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$",
        description="Namespace of labs; empty: the release's own. The hub needs a Role there before its first start.",
    )
    dask_namespace: str | None = Field(
        default=None,
        pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$",
        description="Namespace of Dask schedulers and workers; empty: that of the labs.",
    )
    homes: PodHomes = Field(default_factory=PodHomes, description="Where people's homes are.")
    data: PodData = Field(default_factory=PodData, description="Prepared datasets, for reading.")
    shared: PodShared = Field(default_factory=PodShared, description="The volume that labs and the service both have.")
    sandbox_runtime: str | None = Field(
        default=None, pattern=_NAME, description="RuntimeClass of sandboxes, as gvisor; empty: that of other labs."
    )
    user_id: int = Field(default=1000, ge=1, le=2**31 - 1, description="User that labs and workers run as; never root.")
    group_id: int = Field(
        default=1000, ge=1, le=2**31 - 1, description="Group that labs and workers run as, and that owns their volumes."
    )
    cores_request_share: float = Field(
        default=1,
        gt=0,
        le=1,
        description="Part of a size's cores that is requested; the limit is the whole. Below 1 nodes take more labs "
        "than they have cores. Accounts pay for the whole.",
    )
    worker_start_seconds: int = Field(
        default=60,
        ge=5,
        le=3600,
        description="A Dask cluster says why it has fewer workers than granted when pods are missing for so long.",
    )

    @property
    def shares_homes(self) -> bool:
        """Whether homes are folders of the volume that labs and the service share."""
        return self.homes.kind == "shared-claim" and self.shared.claim == self.homes.claim
