"""Our templates, rendered beside stand-ins for the official charts."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from gaia_vre.core.settings import parse_settings
from tests.helm.chart import EXAMPLES, SITES, Helm, Refused, named, of_kind, pods_of
from tests.support.pod_security import violations

VERSION = "1.34"
EACH_SITE = pytest.mark.parametrize("site", SITES, ids=lambda path: path.stem)
SIZE = {"name": "s", "title": "S", "cores": 1, "memory_gib": 1}
GAIA = "jupyterhub__custom__gaia__"
SITE = f"{GAIA}quotas__accounts"


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_every_object_of_an_example_is_one_of_kubernetes(own: Helm, example: Path) -> None:
    for each in own.render(example):
        if not each["apiVersion"].startswith("monitoring.coreos.com"):
            kubernetes_validate.validate(each, VERSION, strict=True)


@EACH_SITE
def test_our_pods_pass_pod_security_restricted(own: Helm, site: Path) -> None:
    found = {name: violations(pod) for name, pod in pods_of(own.render(site))}
    assert set(found) == {"Deployment gaia-service", "Pod gaia-vre-test"}
    assert not any(found.values())


@EACH_SITE
def test_our_containers_have_a_root_that_cannot_be_written_and_limits(own: Helm, site: Path) -> None:
    for _, pod in pods_of(own.render(site)):
        assert pod["spec"]["automountServiceAccountToken"] is False
        for container in [*pod["spec"].get("initContainers", ()), *pod["spec"]["containers"]]:
            assert container["securityContext"]["readOnlyRootFilesystem"] is True
            assert container["resources"]["limits"]["memory"]


@EACH_SITE
def test_no_config_map_and_no_variable_holds_a_secret(own: Helm, site: Path) -> None:
    objects = own.render(site)
    secrets = [
        base64.b64decode(value).decode() for each in of_kind(objects, "Secret") for value in each["data"].values()
    ]
    shown = yaml.safe_dump([each for each in objects if each["kind"] != "Secret"])
    assert not [secret for secret in secrets if secret in shown]
    for _, pod in pods_of(objects):
        for variable in pod["spec"]["containers"][0]["env"]:
            assert "value" in variable or "secretKeyRef" in variable["valueFrom"]
            assert not (variable["name"].endswith(("TOKEN", "SECRET", "DATABASE_URL")) and "value" in variable)


@EACH_SITE
def test_the_settings_that_pods_read_fit_the_model(own: Helm, site: Path) -> None:
    settings = parse_settings(yaml.safe_load(settings_text(own.render(site))))
    assert settings.addresses.service_url == "http://gaia-service.gaia:8000/services/gaia"
    assert settings.addresses.service_host == "0.0.0.0"
    assert settings.kubernetes is not None
    assert settings.kubernetes.namespace == ("gaia-labs" if site.stem == "hpc-site" else "gaia-users")


SHARED = {"users__shared__volume__nfs__server": "nfs.example.org", "users__shared__volume__nfs__path": "/gaia"}


def test_projects_and_sandboxes_have_one_volume_in_both_namespaces(own: Helm) -> None:
    objects = own.render(**SHARED, **{f"{GAIA}kubernetes__shared__claim": "labs-shared"})
    volumes = {each["metadata"]["name"]: each["spec"] for each in of_kind(objects, "PersistentVolume")}
    assert {name: one["claimRef"] for name, one in volumes.items()} == {
        "gaia-gaia-shared": {"namespace": "gaia", "name": "gaia-shared"},
        "gaia-users-labs-shared": {"namespace": "gaia-users", "name": "labs-shared"},
    }
    assert {one["nfs"]["path"] for one in volumes.values()} == {"/gaia"}
    pod = named(objects, "Deployment", "gaia-service")["spec"]["template"]["spec"]
    assert {"name": "shared", "mountPath": "/srv/gaia-shared"} in pod["containers"][0]["volumeMounts"]
    settings = parse_settings(yaml.safe_load(settings_text(objects)))
    assert str(settings.project_folders) == "/srv/gaia-shared/projects"
    assert settings.has_sandboxes


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({f"{GAIA}kubernetes__shared__claim": "gaia-shared"}, r"the service needs the same volume"),
        (SHARED, r"name the claim that labs have of it"),
    ],
    ids=["only labs", "only the service"],
)
def test_a_volume_that_only_one_side_has_is_refused(own: Helm, values: dict[str, str], told: str) -> None:
    with pytest.raises(Refused, match=told):
        own.render(**values)


def test_a_changed_setting_restarts_the_service(own: Helm) -> None:
    before, after = (
        named(own.render(jupyterhub__custom__gaia__labs__idle_minutes=minutes), "Deployment", "gaia-service")
        for minutes in (30, 31)
    )
    assert checksum(before) != checksum(after)
    assert checksum(before) == checksum(
        named(own.render(jupyterhub__custom__gaia__labs__idle_minutes=30), "Deployment", "gaia-service")
    )


def test_migrations_run_before_the_service_with_the_same_database(own: Helm) -> None:
    pod = named(own.render(service__database__existingSecret="gaia-database"), "Deployment", "gaia-service")["spec"][
        "template"
    ]
    migrate, service = pod["spec"]["initContainers"][0], pod["spec"]["containers"][0]
    assert migrate["args"] == ["gaia-vre", "database", "upgrade"]
    assert migrate["env"] == service["env"]
    assert {"name": "gaia-database", "key": "database-url"} in [
        each["valueFrom"]["secretKeyRef"] for each in service["env"] if "valueFrom" in each
    ]


def test_labs_have_a_namespace_that_keeps_them_in(own: Helm) -> None:
    labels = named(own.render(), "Namespace", "gaia-users")["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


def test_a_release_can_have_labs_in_several_namespaces(own: Helm) -> None:
    objects = own.render(
        users__extraNamespaces=["gaia-classes"], jupyterhub__custom__gaia__kubernetes__dask_namespace="gaia-dask"
    )
    names = {"gaia-users", "gaia-classes", "gaia-dask"}
    assert {each["metadata"]["name"] for each in of_kind(objects, "Namespace")} == names
    for kind in ("LimitRange", "RoleBinding", "NetworkPolicy"):
        assert names <= {each["metadata"].get("namespace") for each in of_kind(objects, kind)}


def test_labs_in_the_release_s_own_namespace_bring_no_quota_over_the_hub(own: Helm) -> None:
    objects = own.render(
        jupyterhub__custom__gaia__kubernetes__namespace="gaia", **{SITE: [{"name": "site:a", "cores": 8}]}
    )
    assert not of_kind(objects, "Namespace", "ResourceQuota", "LimitRange")


def test_the_backstop_stands_ten_percent_above_the_caps_of_the_sites(own: Helm) -> None:
    sites = [
        {"name": "site:a", "cores": 100.5, "memory_gib": 400, "gpus": 4},
        {"name": "site:b", "cores": 10, "memory_gib": 40, "gpus": 1},
    ]
    quota = named(own.render(**{SITE: sites}), "ResourceQuota", "gaia-vre-backstop")
    assert quota["spec"]["hard"] == {
        "limits.cpu": "121550m",
        "limits.memory": "495616Mi",
        "requests.nvidia.com/gpu": "6",
    }


def test_what_one_site_leaves_open_has_no_backstop(own: Helm) -> None:
    sites = [
        {"name": "site:a", "cores": 100, "memory_gib": "unlimited"},
        {"name": "site:b", "cores": 10, "memory_gib": 40},
    ]
    assert named(own.render(**{SITE: sites}), "ResourceQuota", "gaia-vre-backstop")["spec"]["hard"] == {
        "limits.cpu": "121000m"
    }


def test_no_container_is_larger_than_the_largest_that_can_be_chosen(own: Helm) -> None:
    sizes = [SIZE, SIZE | {"name": "l", "cores": 20, "memory_gib": 100}]
    (limits,) = named(own.render(jupyterhub__custom__gaia__labs__sizes=sizes), "LimitRange", "gaia-vre-backstop")[
        "spec"
    ]["limits"]
    assert limits["max"] == {"cpu": "22000m", "memory": "112640Mi"}


BAD_VALUES = {
    "a misspelt key": ({"service__imag": {}}, ["/service", "'imag'", "'image'"]),
    "a misspelt setting": ({GAIA + "labs__sizs": []}, ["/jupyterhub/custom/gaia/labs", "'sizs'", "'sizes'"]),
    "a negative size": ({GAIA + "labs__sizes": [SIZE | {"cores": -1}]}, ["sizes/0/cores", "got -1, want 0"]),
    "a size twice": ({GAIA + "labs__sizes": [SIZE, SIZE]}, ["labs.sizes", '"s" stands twice']),
    "a volume of nothing": ({"service__storage__size": "0Gi"}, ["/service/storage/size", "0Gi"]),
    "a level that is none": ({"users__podSecurity": "strict"}, ["/users/podSecurity", "'restricted'"]),
    "an institution without address": ({GAIA + "login__kind": "oidc"}, ["login.oidc", "issuer and client_id"]),
    "a password in the settings": (
        {GAIA + "service__database_url": "postgresql+psycopg://u:p@h/d"},
        ["database_url", "service.database.existingSecret"],
    ),
    "another base address": ({"jupyterhub__hub__baseUrl": "/hub2/"}, ["jupyterhub.hub.baseUrl", '"/hub2/"']),
    "the cluster's own namespace": (
        {GAIA + "kubernetes__namespace": "kube-system"},
        ["kubernetes.namespace", "kube-system"],
    ),
}


@pytest.mark.parametrize(("values", "told"), BAD_VALUES.values(), ids=BAD_VALUES)
def test_bad_values_are_refused_with_the_key_and_what_is_allowed(
    own: Helm, values: dict[str, Any], told: list[str]
) -> None:
    with pytest.raises(Refused) as refused:
        own.render(**values)
    assert [word for word in told if word not in refused.value.message] == []


def settings_text(objects: list[dict[str, Any]]) -> str:
    """Return what every pod reads."""
    return str(named(objects, "ConfigMap", "gaia-vre-settings")["data"]["settings.yaml"])


def checksum(deployment: dict[str, Any]) -> str:
    """Return what changes with the settings."""
    return str(deployment["spec"]["template"]["metadata"]["annotations"]["checksum/settings"])
