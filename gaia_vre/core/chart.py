"""The values of the Helm chart, and the JSON schema by which Helm checks them.

``python -m gaia_vre.core.chart > helm/gaia-vre/values.schema.json`` makes the chart's schema: strict for our keys and,
below ``jupyterhub.custom.gaia``, for every setting. The official charts check theirs.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from gaia_vre.core.part import Part
from gaia_vre.core.settings import Settings

_NAME = r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$"
_NAMESPACE = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"
_CIDR = r"^[0-9]{1,3}(\.[0-9]{1,3}){3}/[0-9]{1,2}$"

Name = Annotated[str, Field(pattern=_NAME)]
NameOrNone = Annotated[str, Field(pattern=f"^$|{_NAME}")]
Cidr = Annotated[str, Field(pattern=_CIDR)]
Quantity = Annotated[str, Field(pattern=r"^[1-9][0-9]*(\.[0-9]+)?(Ki|Mi|Gi|Ti|Pi|k|M|G|T|P)?$")]
Port = Annotated[int, Field(ge=1, le=65535)]
Labels = dict[str, str]


class Keys(Part):
    """Keys as Helm charts write them."""

    model_config = ConfigDict(alias_generator=to_camel)


class Image(Keys):
    """An image."""

    name: str = Field(min_length=1)
    tag: str = ""
    pull_policy: Literal["Always", "IfNotPresent", "Never"] = "IfNotPresent"


class Database(Keys):
    """Where the service's tables are."""

    existing_secret: NameOrNone = ""
    key: str = Field(default="database-url", pattern=r"^[A-Za-z0-9._-]+$")


class ServiceClaim(Keys):
    """The service's volume."""

    enabled: bool = True
    existing_claim: NameOrNone = ""
    storage_class: NameOrNone = ""
    size: Quantity = "5Gi"


class SecretKey(Keys):
    """A key of a Secret."""

    name: Name
    key: str = Field(pattern=r"^[A-Za-z0-9._-]+$")


class Service(Keys):
    """The service's pod."""

    image: Image
    image_pull_secrets: tuple[dict[str, str], ...] = ()
    database: Database
    storage: ServiceClaim
    data_claim: NameOrNone = ""
    shared_claim: NameOrNone = ""
    catalog_from_image: bool = True
    token_secret: SecretKey
    extra_env: tuple[dict[str, Any], ...] = ()
    resources: dict[str, Any] = Field(default_factory=dict)
    node_selector: Labels = Field(default_factory=dict)
    tolerations: tuple[dict[str, Any], ...] = ()


class Secrets(Keys):
    """What the chart generates."""

    create: bool = True


class SharedClaim(Keys):
    """A claim that many nodes can mount."""

    create: bool = False
    storage_class: NameOrNone = ""
    size: Quantity = "100Gi"


class SharedVolume(Keys):
    """A volume that stands in two namespaces."""

    volume: dict[str, Any] = Field(default_factory=dict)
    size: Quantity = "100Gi"


class Users(Keys):
    """Where labs run."""

    create_namespace: bool = True
    extra_namespaces: tuple[Annotated[str, Field(pattern=_NAMESPACE)], ...] = ()
    pod_security: Literal["restricted", "baseline", "privileged"] = "restricted"
    backstop: bool = True
    homes_claim: SharedClaim
    shared: SharedVolume
    data_claim: SharedClaim


class Allowed(Keys):
    """Addresses that pods of users reach."""

    cidr: Cidr
    ports: tuple[Port, ...] = ()


class NetworkPolicy(Keys):
    """Who may talk to whom."""

    enabled: bool = True
    internet: bool = True
    sandbox_internet: bool = False
    private: tuple[Cidr, ...] = ()
    allow: tuple[Allowed, ...] = ()
    database_pods: Labels = Field(default_factory=dict)
    database_port: Port = 5432
    dns_namespace: str = Field(default="kube-system", pattern=_NAMESPACE)
    monitoring_namespace: str = Field(default="monitoring", pattern=_NAMESPACE)
    ingress_namespace: str = Field(default="", pattern=f"^$|{_NAMESPACE}")


class Monitoring(Keys):
    """Prometheus and Grafana."""

    service_monitor: bool = False
    rules: bool = False
    dashboard: bool = False
    labels: Labels = Field(default_factory=dict)


class ChartValues(Keys):
    """The chart's own keys."""

    service: Service
    secrets: Secrets
    users: Users
    network_policy: NetworkPolicy
    monitoring: Monitoring
    check_cluster: bool = True


def chart_schema() -> dict[str, Any]:
    """Return the JSON schema of the chart's values."""
    ours, settings = ChartValues.model_json_schema(), Settings.model_json_schema()
    definitions = {f"Chart{name}": _moved(part, "Chart") for name, part in ours.pop("$defs").items()}
    definitions |= {name: _moved(part) for name, part in settings.pop("$defs").items()}
    settings_part = {"type": "object", **_moved(settings)}
    properties = _moved(ours, "Chart")["properties"] | {
        "global": {"type": "object"},
        "jupyterhub": _within("custom", _within("gaia", settings_part)),
        "dask-gateway": {"type": "object"},
    }
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "properties": properties,
        "propertyNames": {"enum": list(properties)},
        "definitions": definitions,
    }


def _within(key: str, part: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": {key: part}}


def _moved(part: Any, prefix: str = "") -> Any:
    """Return a part of a schema as Helm needs it.

    Of a key that is none ``additionalProperties`` says where it stands, and ``propertyNames`` what is allowed there.
    """
    if isinstance(part, list):
        return [_moved(each, prefix) for each in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        return {"$ref": f"#/definitions/{prefix}{part['$ref'].rsplit('/', 1)[1]}"}
    kept = {
        key: _properties(value, prefix) if key == "properties" else _moved(value, prefix)
        for key, value in part.items()
        if key not in ("title", "default", "description", "format")
    }
    if kept.get("additionalProperties") is False and "properties" in kept:
        kept["propertyNames"] = {"enum": list(kept["properties"])}
    return kept


def _properties(properties: dict[str, Any], prefix: str) -> dict[str, Any]:
    return {name: _moved(part, prefix) for name, part in properties.items()}


if __name__ == "__main__":
    print(json.dumps(chart_schema(), indent=1))  # noqa: T201 - the program's output
