"""The values of the Helm chart, and the JSON schema by which Helm checks them.

``python -m gaia_vre.core.chart > helm/gaia-vre/values.schema.json`` makes the chart's schema: strict for our keys and,
below ``jupyterhub.custom.gaia``, for every setting. The official charts check theirs.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import Field

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


class Image(Part):
    """An image."""

    name: str = Field(min_length=1)
    tag: str = ""
    pullPolicy: Literal["Always", "IfNotPresent", "Never"] = "IfNotPresent"  # noqa: N815 - a key of Helm


class Database(Part):
    """Where the service's tables are."""

    existingSecret: NameOrNone = ""  # noqa: N815
    key: str = Field(default="database-url", pattern=r"^[A-Za-z0-9._-]+$")


class ServiceClaim(Part):
    """The service's volume."""

    enabled: bool = True
    existingClaim: NameOrNone = ""  # noqa: N815
    storageClass: NameOrNone = ""  # noqa: N815
    size: Quantity = "5Gi"


class SecretKey(Part):
    """A key of a Secret."""

    name: Name
    key: str = Field(pattern=r"^[A-Za-z0-9._-]+$")


class Service(Part):
    """The service's pod."""

    image: Image
    imagePullSecrets: tuple[dict[str, str], ...] = ()  # noqa: N815
    database: Database
    storage: ServiceClaim
    dataClaim: NameOrNone = ""  # noqa: N815
    tokenSecret: SecretKey  # noqa: N815
    extraEnv: tuple[dict[str, Any], ...] = ()  # noqa: N815
    resources: dict[str, Any] = {}
    nodeSelector: Labels = {}  # noqa: N815
    tolerations: tuple[dict[str, Any], ...] = ()


class Secrets(Part):
    """What the chart generates."""

    create: bool = True


class SharedClaim(Part):
    """A claim that many nodes can mount."""

    create: bool = False
    storageClass: NameOrNone = ""  # noqa: N815
    size: Quantity = "100Gi"


class Users(Part):
    """Where labs run."""

    createNamespace: bool = True  # noqa: N815
    extraNamespaces: tuple[Annotated[str, Field(pattern=_NAMESPACE)], ...] = ()  # noqa: N815
    podSecurity: Literal["restricted", "baseline", "privileged"] = "restricted"  # noqa: N815
    backstop: bool = True
    homesClaim: SharedClaim  # noqa: N815
    dataClaim: SharedClaim  # noqa: N815


class Allowed(Part):
    """Addresses that pods of users reach."""

    cidr: Cidr
    ports: tuple[Port, ...] = ()


class NetworkPolicy(Part):
    """Who may talk to whom."""

    enabled: bool = True
    internet: bool = True
    sandboxInternet: bool = False  # noqa: N815
    private: tuple[Cidr, ...] = ()
    allow: tuple[Allowed, ...] = ()
    databasePods: Labels = {}  # noqa: N815
    databasePort: Port = 5432  # noqa: N815
    monitoringNamespace: str = Field(default="monitoring", pattern=_NAMESPACE)  # noqa: N815


class Monitoring(Part):
    """Prometheus and Grafana."""

    serviceMonitor: bool = False  # noqa: N815
    rules: bool = False
    dashboard: bool = False
    labels: Labels = {}


class ChartValues(Part):
    """The chart's own keys."""

    service: Service
    secrets: Secrets
    users: Users
    networkPolicy: NetworkPolicy  # noqa: N815
    monitoring: Monitoring
    checkCluster: bool = True  # noqa: N815


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
