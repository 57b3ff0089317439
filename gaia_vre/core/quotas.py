"""Settings of accounting: accounts, limits, prices."""

from __future__ import annotations

from datetime import date  # noqa: TC003 - pydantic reads it at run time
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from gaia_vre.core.amounts import LARGEST
from gaia_vre.core.part import Part
from gaia_vre.core.storage_settings import Storage


def _in_bounds(value: float | str) -> float | str:
    if isinstance(value, float) and not 0 <= value <= LARGEST:
        raise ValueError(f"must be from 0 to {LARGEST:,}, or 'unlimited'")
    return value


Amount = Annotated[float | Literal["unlimited"], AfterValidator(_in_bounds)]
Kind = Literal["site", "community", "project", "course", "person", "ceiling"]
Dimension = Literal[
    "cores",
    "memory_gib",
    "gpus",
    "servers",
    "clusters",
    "workers",
    "core_hours",
    "gib_hours",
    "gpu_hours",
    "credits",
]
AccountName = Annotated[
    str, Field(pattern=r"^(site|community|project|course|person|ceiling):[^\x00-\x20\x7f:/]{1,100}$")
]

_ABOVE = {"site": 3, "community": 2, "project": 1, "course": 1}


class _Limits(Part):
    cores: Amount | None = Field(default=None, description="Cores held at one moment, or 'unlimited'.")
    memory_gib: Amount | None = Field(default=None, description="GiB of memory held at one moment.")
    gpus: Amount | None = Field(default=None, description="GPUs held at one moment.")
    servers: Amount | None = Field(default=None, description="Servers at one moment.")
    clusters: Amount | None = Field(default=None, description="Dask clusters at one moment.")
    workers: Amount | None = Field(default=None, description="Dask workers at one moment.")
    core_hours: Amount | None = Field(default=None, description="Core-hours in the period.")
    gib_hours: Amount | None = Field(default=None, description="GiB-hours of memory in the period.")
    gpu_hours: Amount | None = Field(default=None, description="GPU-hours in the period.")
    credits: Amount | None = Field(default=None, description="Credits in the period.")


class _Period(Part):
    @model_validator(mode="after")
    def _period_is_one(self) -> _Period:
        start, end = getattr(self, "start", None), getattr(self, "end", None)
        if start and end and end <= start:
            raise ValueError(f"the end {end} is not after the start {start}")
        if getattr(self, "days", None) and (start or end):
            raise ValueError("a budget has either days or a start and an end")
        return self


class Limits(_Limits):
    """Limits of accounts of one kind; what is left out has none."""

    days: int | None = Field(default=None, ge=1, le=3660, description="Budgets count the use of the last so many days.")


class Grant(_Limits):
    """What the members of a group may."""

    group: str = Field(min_length=1, max_length=255, description="Group, as the identity provider names it.")


class PriceList(_Period):
    """What an hour costs, in credits."""

    name: str = Field(default="standard", min_length=1, max_length=60, description="Name of the price list.")
    core: float = Field(default=0.5, ge=0, le=LARGEST, description="Credits for an hour of a core.")
    gib: float = Field(default=0.125, ge=0, le=LARGEST, description="Credits for an hour of a GiB of memory.")
    gpu: float = Field(default=20, ge=0, le=LARGEST, description="Credits for an hour of a GPU.")
    start: date | None = Field(default=None, description="First day on which it holds.")
    end: date | None = Field(default=None, description="First day on which it holds no longer.")


class Energy(Part):
    """What a site draws for what is used there; only the report's estimates are made from it."""

    site: AccountName | None = Field(default=None, description="The site's account, site:…; empty: every other site.")
    watts_core: float = Field(default=10, ge=0, le=10_000, description="Watts of one core in use.")
    watts_gib: float = Field(default=0.37, ge=0, le=10_000, description="Watts of one GiB of memory.")
    watts_gpu: float = Field(default=300, ge=0, le=10_000, description="Watts of one GPU in use.")
    pue: float = Field(default=1.5, ge=1, le=10, description="Energy of the whole centre for one of its computers.")
    gco2e_kwh: float = Field(default=50, ge=0, le=5_000, description="Grams of CO2 equivalent for one kWh.")


class DeclaredAccount(_Limits, _Period):
    """An account that the operator declares."""

    name: AccountName = Field(description="Kind and key: site:…, community:…, project:… or course:….")
    title: str = Field(default="", max_length=200, description="What people read; empty: the key.")
    parent: AccountName | None = Field(default=None, description="The account above; a site has none.")
    members: tuple[str, ...] = Field(default=(), description="People who may pay with it.")
    groups: tuple[str, ...] = Field(default=(), description="Groups whose members may pay with it.")
    managers: tuple[str, ...] = Field(default=(), description="Whom a refusal names as those to ask.")
    days: int | None = Field(default=None, ge=1, le=3660, description="Budgets count the use of the last so many days.")
    start: date | None = Field(default=None, description="First day of the budgets' period.")
    end: date | None = Field(default=None, description="First day after the budgets' period.")

    @property
    def kind(self) -> str:
        return self.name.partition(":")[0]

    @field_validator("name")
    @classmethod
    def _kind_can_be_declared(cls, name: str) -> str:
        if name.partition(":")[0] not in _ABOVE:
            raise ValueError(
                "only sites, communities, projects and courses are declared; people's are made when needed"
            )
        return name


class Quotas(Part):
    """Who pays, and how much of what is allowed."""

    mode: Literal["enforce", "observe"] = Field(
        default="enforce",
        description="observe: decide as always and record what would be refused, for `gaia-vre quota refusals`, and "
        "refuse and stop nothing.",
    )
    prices: tuple[PriceList, ...] = Field(
        default=(PriceList(),),
        min_length=1,
        description="Price lists; of those that hold on a day the last begun counts. One must hold always.",
    )
    defaults: dict[Kind, Limits] = Field(
        default={"ceiling": Limits(servers=10), "person": Limits(days=30)},
        description="Limits by kind of account; a ceiling is what one person may hold and use, whoever pays.",
    )
    grants: tuple[Grant, ...] = Field(default=(), description="Limits of the members of groups.")
    combine: dict[Dimension, Literal["sum", "max", "min"]] = Field(
        default={}, description="How default and grants of several groups become one number; max where nothing is said."
    )
    accounts: tuple[DeclaredAccount, ...] = Field(
        default=(), description="Sites, communities, projects and courses; none: one site and one community, 'local'."
    )
    people: AccountName | None = Field(
        default=None, description="Account below which everybody's own account stands; empty: the first community."
    )
    storage: Storage = Field(
        default_factory=Storage, description="How much homes, scratch folders and projects may hold."
    )
    grace_minutes: int = Field(
        default=30, ge=0, le=1440, description="How long what runs goes on when a budget is used up, before it stops."
    )
    emergency_cores: float = Field(
        default=4, ge=0, le=512, description="Largest size in cores that starts while the service does not answer."
    )
    bypass: tuple[AccountName, ...] = Field(
        default=(), description="Accounts that nothing limits, such as person:admin and ceiling:admin."
    )
    energy: tuple[Energy, ...] = Field(
        default=(), description="Factors of sites for the monthly estimate of energy and CO2e; give your centre's own."
    )

    @field_validator("energy")
    @classmethod
    def _sites_stand_once(cls, energy: tuple[Energy, ...]) -> tuple[Energy, ...]:
        sites = [one.site for one in energy]
        for site in sites:
            if site is not None and not site.startswith("site:"):
                raise ValueError(f"{site} is no site")
            if sites.count(site) > 1:
                raise ValueError(f"{site or 'every other site'} stands twice")
        return energy

    @field_validator("prices")
    @classmethod
    def _one_price_always_holds(cls, prices: tuple[PriceList, ...]) -> tuple[PriceList, ...]:
        if all(price.start or price.end for price in prices):
            raise ValueError("one price list must have neither start nor end")
        return prices

    @field_validator("accounts")
    @classmethod
    def _accounts_are_a_tree(cls, accounts: tuple[DeclaredAccount, ...]) -> tuple[DeclaredAccount, ...]:
        parents = {account.name: account.parent for account in accounts}
        if len(parents) < len(accounts):
            names = [account.name for account in accounts]
            raise ValueError(f"{next(name for name in names if names.count(name) > 1)} stands twice")
        for account in accounts:
            _check_place(account, parents)
        return accounts

    @model_validator(mode="after")
    def _people_have_a_place(self) -> Quotas:
        known = {account.name for account in self.accounts}
        if self.people is not None and (self.people not in known or self.people.partition(":")[0] != "community"):
            raise ValueError(f"people: {self.people} is no community of quotas.accounts")
        if known and not any(name.startswith("community:") for name in known):
            raise ValueError("accounts: there is no community, below which people's own accounts stand")
        return self


def _check_place(account: DeclaredAccount, parents: dict[str, str | None]) -> None:
    path, above = [account.name], account.parent
    while above is not None:
        if above in path:
            raise ValueError(f"the account tree has a cycle: {' > '.join([*path, above])}")
        if above not in parents:
            raise ValueError(f"{path[-1]} stands below {above}, which is not declared")
        path.append(above)
        above = parents[above]
    parent = account.parent
    if parent is None and account.kind != "site":
        raise ValueError(f"{account.name} needs a parent")
    if parent is not None and _ABOVE[parent.partition(":")[0]] <= _ABOVE[account.kind]:
        raise ValueError(f"{account.name} cannot stand below {parent}")
