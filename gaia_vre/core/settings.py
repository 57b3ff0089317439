"""Every setting, its default and its meaning: one model for one machine and for a cluster.

The settings file (YAML) of one machine and the ``jupyterhub.custom.gaia`` value of the Helm
chart hold the same keys. A process finds the file through the variable ``GAIA_VRE_SETTINGS``.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal, TypeVar
from zoneinfo import available_timezones

import yaml
from pydantic import Field, ValidationError, field_validator, model_validator

from gaia_vre.core.access_settings import Access
from gaia_vre.core.address_settings import Addresses
from gaia_vre.core.errors import SettingsError, did_you_mean
from gaia_vre.core.kubernetes_settings import Kubernetes  # noqa: TC001 - read by pydantic
from gaia_vre.core.marking import said
from gaia_vre.core.names import RESERVED_PREFIXES
from gaia_vre.core.part import Part
from gaia_vre.core.places import with_places
from gaia_vre.core.project_settings import Projects
from gaia_vre.core.quotas import Quotas
from gaia_vre.core.sandbox_settings import Sandboxes
from gaia_vre.core.state import StateFolder

SETTINGS_VARIABLE = "GAIA_VRE_SETTINGS"
TEXT_VARIABLE = "GAIA_VRE_SETTINGS_TEXT"
"""Holds the settings themselves, where a container can be given no file."""


Choices = TypeVar("Choices", bound=tuple[Any, ...])


def _named_once(choices: Choices) -> Choices:
    names = [choice.name for choice in choices]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"the name {name!r} stands twice")
    return choices


class OpenIDConnect(Part):
    """How people sign in with their institution's account."""

    issuer: str = Field(
        description="Address of the identity provider; its endpoints are read from /.well-known/openid-configuration."
    )
    client_id: str = Field(description="Name under which the provider knows this hub.")
    client_secret_variable: str = Field(
        default="GAIA_VRE_OIDC_SECRET", description="Environment variable that holds the client secret."
    )
    name: str = Field(default="my institution", description="What the button on the login page names.")
    scope: tuple[str, ...] = Field(default=("openid", "profile", "email"), description="Scopes asked for.")
    username_claim: str = Field(default="preferred_username", description="Claim that becomes the user name.")
    groups_claim: str = Field(
        default="eduperson_entitlement",
        description="Claim that lists groups: plain names, or AARC-G069 entitlements (urn:…:group:NAME…).",
    )
    allowed_groups: tuple[str, ...] = Field(default=(), description="Groups that may sign in; empty: everyone.")
    administrator_group: str | None = Field(default=None, description="Group whose members administer the hub.")
    refresh_seconds: int = Field(default=300, ge=10, description="How old the provider's word about a person may be.")
    groups_seconds: float = Field(
        default=20, ge=1, le=30, description="The same, for people whom a group lets into a project that they are in."
    )


class Login(Part):
    """Who may sign in, and how."""

    kind: Literal["shared-password", "oidc"] = Field(
        default="shared-password",
        description="shared-password: generated passwords, for one machine; oidc: the institution's account.",
    )
    administrators: tuple[str, ...] = Field(default=("admin",), description="User names that administer the hub.")
    example_user: str = Field(default="ada", description="Ordinary user name shown when one machine has started.")
    contact: str | None = Field(
        default=None,
        pattern=r"^(mailto:[^\s<>\"]+@[^\s<>\"]+|https?://[^\s<>\"]+)$",
        description="Whom people ask for help: mailto:… or a page; shown at the sign-in and under every page.",
    )
    terms: str | None = Field(
        default=None,
        pattern=r"^https?://[^\s<>\"]+$",
        description="Page with the terms of use, which signing in accepts; empty: there are none.",
    )
    reserved_prefixes: tuple[str, ...] = Field(
        default=RESERVED_PREFIXES, description="Beginnings of user names that nobody may sign in with."
    )
    oidc: OpenIDConnect | None = Field(default=None, description="The identity provider, for kind oidc.")

    @model_validator(mode="after")
    def _oidc_is_described(self) -> Login:
        if self.kind == "oidc" and self.oidc is None:
            raise ValueError("kind 'oidc' needs the part 'oidc' with issuer and client_id")
        return self


class Size(Part):
    """One choice of cores and memory for a lab."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,30}$", description="Key of the size in forms and the API.")
    title: str = Field(max_length=60, description="What the start form shows.")
    cores: float = Field(gt=0, le=512, description="Processor cores.")
    memory_gib: float = Field(gt=0, le=16384, description="Memory in GiB.")


class Environment(Part):
    """One set of packages that a lab can start with."""

    name: str = Field(pattern=r"^[a-z][a-z0-9.-]{0,60}$", description="Key of the environment in forms and the API.")
    title: str = Field(max_length=60, description="What the start form shows.")
    summary: str = Field(default="", max_length=200, description="One line: the main packages.")
    prefix: Path | None = Field(default=None, description="Python environment on one machine; empty: this one.")
    image: str | None = Field(default=None, description="Container image on a cluster.")


class Labs(Part):
    """What people start."""

    sizes: tuple[Size, ...] = Field(
        default=(
            Size(name="small", title=said("Small"), cores=2, memory_gib=4),
            Size(name="medium", title=said("Medium"), cores=4, memory_gib=8),
            Size(name="large", title=said("Large"), cores=8, memory_gib=16),
        ),
        min_length=1,
        description="Choices of cores and memory; the first is the default.",
    )
    environments: tuple[Environment, ...] = Field(
        default=(
            Environment(
                name="pangeo", title="Pangeo", summary="xarray, Dask, Zarr 3, hvPlot, cartopy, GeoPandas, ObsPy"
            ),
        ),
        min_length=1,
        description="Choices of packages; the first is the default.",
    )
    idle_minutes: float = Field(
        default=60, ge=0.1, description="A lab without activity stops after this; a busy kernel is activity."
    )
    start_seconds: int = Field(default=120, ge=10, description="How long a lab may take to answer.")
    reading_warning_gb: float = Field(
        default=50,
        gt=0,
        description="Opening a selection that takes more memory than this, in GB, tells what reading it would cost.",
    )
    isolation: Literal["auto", "required", "off"] = Field(
        default="auto",
        description="Separation of labs on one machine by bubblewrap: auto uses it where it works, "
        "required refuses to start without it.",
    )

    @field_validator("sizes", "environments")
    @classmethod
    def _names_are_unique(cls, choices: tuple[Any, ...]) -> tuple[Any, ...]:
        return _named_once(choices)


class Dask(Part):
    """Bounds of Dask clusters."""

    worker_cores: float = Field(default=1, gt=0, description="Cores of a worker when nothing is asked.")
    worker_cores_limit: float = Field(default=4, gt=0, description="Most cores that a worker may ask for.")
    worker_memory_gib: float = Field(default=2, gt=0, description="Memory in GiB of a worker when nothing is asked.")
    worker_memory_gib_limit: float = Field(default=8, gt=0, description="Most memory in GiB that a worker may ask for.")
    cluster_workers_limit: int = Field(default=40, ge=1, description="Most workers of one cluster.")
    user_clusters_limit: int = Field(default=4, ge=1, description="Most clusters of one user at a time.")
    idle_minutes: int = Field(
        default=30, ge=1, le=1440, description="A cluster without work stops after this; it is never 'never'."
    )


class Service(Part):
    """The service at /services/gaia."""

    database_url: str | None = Field(
        default=None,
        description="sqlite:///… or postgresql+psycopg://…; empty: SQLite in the state folder. The STAC API searches "
        "pgstac in that PostgreSQL, which needs PostGIS, and else the file beside the catalog.",
    )
    time_zone: str = Field(default="Europe/Paris", description="Zone in which pages show times; stored times are UTC.")
    reconcile_seconds: int = Field(
        default=20, ge=1, le=60, description="Time between two passes of the reconcile loop."
    )
    catalog_anonymous: bool | None = Field(
        default=None,
        description="Whether the STAC API and the catalog's pages answer without a sign-in; empty: only where "
        "addresses.host is of this machine alone. Metadata names the files' places; the files themselves are never "
        "handed out.",
    )
    body_limit_bytes: int = Field(default=1_000_000, ge=1000, description="Largest request body taken.")
    streams_limit: int = Field(
        default=5000,
        ge=1,
        description="Streams of messages that one process of the service holds open at a time: one for each open lab "
        "and each page in sight.",
    )

    @field_validator("time_zone")
    @classmethod
    def _zone_exists(cls, zone: str) -> str:
        if zone not in available_timezones():
            raise ValueError(f"there is no time zone {zone!r}{did_you_mean(zone, available_timezones())}")
        return zone


class Site(Part):
    """A place that keeps copies of datasets."""

    name: str = Field(
        pattern=r"^[a-z][a-z0-9.-]{0,60}$", description="Key of the site, as the catalog's alternate assets name it."
    )
    title: str = Field(max_length=60, description="What people read when data comes from there.")
    s3_endpoint: str | None = Field(
        default=None, pattern=r"^https?://", description="Address of its S3 service; empty: Amazon's own."
    )
    seconds: float = Field(
        default=10, gt=0, le=600, description="How long it may keep silent before the next site is asked."
    )
    folders: tuple[Path, ...] = Field(
        default=(),
        description="Folders of its storage that are mounted here; a file:// address is read below them only.",
    )

    @field_validator("folders")
    @classmethod
    def _folders_are_absolute(cls, folders: tuple[Path, ...]) -> tuple[Path, ...]:
        for folder in folders:
            if not folder.is_absolute() or folder == Path("/"):
                raise ValueError(f"{folder} is no folder that can be opened to readers; give an absolute one")
        return folders


class Settings(Part):
    """All settings."""

    state: Path = Field(
        default=Path("~/.local/share/gaia-vre"), description="Folder of everything that is kept on one machine."
    )
    login: Login = Field(default_factory=Login, description="Who may sign in, and how.")
    labs: Labs = Field(default_factory=Labs, description="What people start.")
    dask: Dask = Field(default_factory=Dask, description="Bounds of Dask clusters.")
    quotas: Quotas = Field(default_factory=Quotas, description="Who pays, and how much of what is allowed.")
    projects: Projects = Field(default_factory=Projects, description="Spaces that people share.")
    sandboxes: Sandboxes = Field(default_factory=Sandboxes, description="Disposable sessions.")
    service: Service = Field(default_factory=Service, description="The service at /services/gaia.")
    sites: tuple[Site, ...] = Field(
        default=(), description="Sites that keep copies of datasets, nearest first; data is read from the nearest."
    )
    access: Access = Field(default_factory=Access, description="Files that are not open to everybody.")
    addresses: Addresses = Field(default_factory=Addresses, description="Where the parts listen.")
    kubernetes: Kubernetes | None = Field(
        default=None, description="Labs and Dask clusters as pods; one machine leaves it out."
    )

    @property
    def catalog_is_public(self) -> bool:
        chosen = self.service.catalog_anonymous
        if chosen is not None:
            return chosen
        return self.kubernetes is None and self.addresses.host in ("127.0.0.1", "::1", "localhost")

    @model_validator(mode="after")
    def _sandboxes_go_with_the_rest(self) -> Settings:
        self.sandboxes.check([size.name for size in self.labs.sizes], catalog_is_public=self.catalog_is_public)
        return self

    @property
    def has_sandboxes(self) -> bool:
        """Whether people can make sandboxes here: on a cluster their work needs a volume that the service has too."""
        pods = self.kubernetes
        return self.sandboxes.enabled and (pods is None or pods.shared.claim is not None)

    @property
    def shared_folder(self) -> Path:
        """What labs and the service both have: on a cluster a volume, on one machine the state folder."""
        shared = self.kubernetes.shared if self.kubernetes else None
        return self.state if shared is None or shared.claim is None else Path(shared.mount / shared.folder)

    @property
    def project_folders(self) -> Path:
        """Folder below which each project has its own."""
        return self.quotas.storage.folders.project or StateFolder(self.shared_folder).projects

    @property
    def sandbox_folders(self) -> Path:
        """Folder below which each sandbox has its own."""
        return StateFolder(self.shared_folder).sandboxes

    @property
    def reaches_homes(self) -> bool:
        """Whether the service has people's homes: on a cluster each may be a volume of its own."""
        pods = self.kubernetes
        return pods is None or pods.shares_homes or self.quotas.storage.folders.home is not None

    @property
    def home_folders(self) -> Path:
        """Folder below which each person has a home, as the service sees it."""
        pods = self.kubernetes
        if pods and pods.shares_homes:
            return self.quotas.storage.folders.home or Path(pods.shared.mount / pods.homes.folder)
        return self.quotas.storage.folders.home or StateFolder(self.state).homes

    @field_validator("sites")
    @classmethod
    def _sites_are_unique(cls, sites: tuple[Site, ...]) -> tuple[Site, ...]:
        return _named_once(sites)

    @field_validator("state")
    @classmethod
    def _state_is_absolute(cls, folder: Path) -> Path:
        return folder.expanduser().absolute()


def parse_settings(values: Any, source: str = "settings") -> Settings:
    """Check values read from a file.

    Raises
    ------
    SettingsError
        A key is unknown (with the nearest known one) or a value is out of its bounds.
    """
    if values is None:
        values = {}
    if not isinstance(values, dict):
        raise SettingsError(f"{source}: expected keys and values, found {type(values).__name__}")
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise SettingsError(f"{source}: {_first_problem(error)}") from error


def read_settings(path: Path) -> Settings:
    """Read and check a YAML settings file.

    Raises
    ------
    SettingsError
        The file cannot be read, is no YAML, or does not fit the model.
    """
    return parse_settings(_read(path), str(path))


def load_settings() -> Settings:
    """Read the settings this process was started with, and what variables say of its own place."""
    values, source = None, "settings"
    if text := os.environ.get(TEXT_VARIABLE):
        values, source = _parsed(text, TEXT_VARIABLE), TEXT_VARIABLE
    elif path := os.environ.get(SETTINGS_VARIABLE):
        values, source = _read(Path(path)), path
    return parse_settings(with_places(values), source)


def _read(path: Path) -> Any:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: is not YAML ({error})") from error
    return _parsed(text, str(path))


def _parsed(text: str, source: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise SettingsError(f"{source}: is not YAML ({str(error).splitlines()[0]})") from error


def _first_problem(error: ValidationError) -> str:
    problem = error.errors()[0]
    place = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        known = _keys_at(problem["loc"][:-1])
        return f"unknown key {place!r}{did_you_mean(str(problem['loc'][-1]), known)}"
    value = problem["input"]
    shown = f" (given: {value!r})" if isinstance(value, str | int | float | bool) else ""
    return f"{place or 'settings'}: {problem['msg']}{shown}"


def _keys_at(place: tuple[int | str, ...]) -> list[str]:
    schema = Settings.model_json_schema()
    part: dict[str, Any] = schema
    for key in place:
        if isinstance(key, int):
            part = part["items"]
        else:
            part = part["properties"][key] if "properties" in part else part["additionalProperties"]
        part = part.get("anyOf", [part])[0]
        if "$ref" in part:
            part = schema["$defs"][part["$ref"].rsplit("/", 1)[1]]
    return list(part.get("properties", {}))
