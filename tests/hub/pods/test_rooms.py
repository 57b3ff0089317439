"""What the pods of people, projects, apps and sandboxes have of files, as the real KubeSpawner makes them."""

from __future__ import annotations

from typing import Any

import kubernetes_validate
import pytest

from gaia_vre.hub.refusal import Refusal
from tests.hub.pods.test_manifest import VERSION, container, manifest, variables
from tests.support.pod_security import violations

VOLUME = {"kubernetes": {"shared": {"claim": "gaia-shared", "folder": "gaia"}, "sandbox_runtime": "gvisor"}}


def server(make_spawner, username="ada", name="", values=VOLUME) -> Any:
    spawner = make_spawner(values, username)
    spawner.name = name
    return spawner


def mounted(pod: dict[str, Any]) -> dict[str, tuple[str | None, bool]]:
    return {
        one["mountPath"]: (one.get("subPath"), one.get("readOnly", False)) for one in container(pod)["volumeMounts"]
    }


def sandbox(make_spawner, service, values=VOLUME) -> dict[str, Any]:
    service.granted = {"sandbox": "k3x9"}
    return manifest(server(make_spawner, name="sandbox-k3x9", values=values))


def test_a_lab_has_the_folders_of_its_projects_by_role(make_spawner, service):
    service.granted = {"folders": [{"slug": "heat", "writable": True}, {"slug": "cold", "writable": False}]}
    pod = manifest(server(make_spawner))
    assert mounted(pod)["/projects/heat"] == ("gaia/projects/heat", False)
    assert mounted(pod)["/projects/cold"] == ("gaia/projects/cold", True)
    told = variables(pod)
    assert (told["GAIA_VRE_PROJECTS"], told["GAIA_VRE_LINK_PROJECTS"]) == ("/projects", "1")


@pytest.mark.parametrize("slug", ["../ada", "heat/..", "", "/", "a b", "Heat"])
def test_a_name_that_is_no_projects_is_mounted_nowhere(make_spawner, service, slug):
    service.granted = {"folders": [{"slug": slug, "writable": True}]}
    assert not any(place.startswith("/projects") for place in mounted(manifest(server(make_spawner))))


def test_without_a_volume_projects_have_no_folders(make_spawner, service):
    service.granted = {"folders": [{"slug": "heat", "writable": True}]}
    assert "/projects/heat" not in mounted(manifest(server(make_spawner, values=None)))


def test_a_projects_server_has_the_projects_folder_and_nobodys_home(make_spawner):
    spawner = server(make_spawner, "p-heat")
    pod = manifest(spawner)
    assert mounted(pod) == {"/projects/heat": ("gaia/projects/heat", False)}
    assert (variables(pod)["HOME"], variables(pod)["GAIA_VRE_PROJECT"]) == ("/projects/heat", "heat")
    assert container(pod)["workingDir"] == "/projects/heat"
    assert not spawner.storage_pvc_ensure


APP = {"app": {"number": 7, "path": "slide.py", "kind": "panel", "idle_minutes": 20, "open_to_all": True}}


def test_an_app_has_its_projects_folder_to_read_and_an_empty_home(make_spawner, service):
    service.granted = APP
    spawner = server(make_spawner, "p-heat", "app-7")
    pod = manifest(spawner)
    assert mounted(pod) == {"/projects/heat": ("gaia/projects/heat", True), "/home/jovyan": (None, False)}
    assert container(pod)["args"] == ["python", "-m", "gaia_vre.lab.app"]
    told = variables(pod)
    assert (told["HOME"], told["GAIA_VRE_PROJECTS"]) == ("/home/jovyan", "/projects")
    names = ("GAIA_VRE_PROJECT", "GAIA_VRE_APP", "GAIA_VRE_APP_KIND", "GAIA_VRE_APP_IDLE_SECONDS", "GAIA_VRE_APP_OPEN")
    assert [told[name] for name in names] == ["heat", "slide.py", "panel", "1200", "1"]
    assert not spawner.storage_pvc_ensure


@pytest.mark.parametrize("number", [8, None])
def test_only_the_service_starts_apps(make_spawner, service, number):
    service.granted = {"app": APP["app"] | {"number": number}}
    with pytest.raises(Refusal, match="Only the service starts apps"):
        manifest(server(make_spawner, "p-heat", "app-7"))


def test_a_sandbox_has_an_empty_home_with_a_limit_and_no_file_of_its_person(make_spawner, service):
    pod = sandbox(make_spawner, service)
    assert list(mounted(pod)) == ["/home/jovyan"]
    homes = {one["name"]: one for one in pod["spec"]["volumes"]}
    assert homes["gaia-home"]["emptyDir"] == {"sizeLimit": str(5 * 2**30)}
    assert variables(pod)["GAIA_VRE_SANDBOX"] == "k3x9"


def test_a_sandbox_ends_by_itself_where_everything_else_is_gone(make_spawner, service):
    spec = sandbox(make_spawner, service, VOLUME | {"sandboxes": {"minutes": 60, "extensions": 1}})["spec"]
    assert spec["activeDeadlineSeconds"] == 2 * 3600 + 300
    assert spec["runtimeClassName"] == "gvisor"


def test_its_files_are_carried_by_what_the_sandbox_cannot_reach(make_spawner, service):
    fill, guard = sandbox(make_spawner, service)["spec"]["initContainers"]
    assert (fill["name"], guard["restartPolicy"]) == ("fill", "Always")
    assert guard["volumeMounts"][1]["subPath"] == "gaia/sandboxes/k3x9"
    assert guard.get("env", []) == []


@pytest.mark.parametrize(
    ("username", "name"), [("ada", ""), ("p-heat", ""), ("p-heat", "app-7"), ("ada", "sandbox-k3x9")]
)
def test_every_kind_of_pod_is_valid_and_restricted(make_spawner, service, username, name):
    service.granted = APP | {"sandbox": "k3x9", "folders": [{"slug": "heat", "writable": True}]}
    pod = manifest(server(make_spawner, username, name))
    kubernetes_validate.validate(pod, VERSION, strict=True)
    assert violations(pod) == []


@pytest.mark.parametrize(
    ("username", "name", "kind"), [("ada", "", "lab"), ("p-heat", "", "project"), ("p-heat", "app-7", "app")]
)
def test_network_policies_tell_kinds_by_a_label(make_spawner, service, username, name, kind):
    service.granted = APP
    assert manifest(server(make_spawner, username, name))["metadata"]["labels"]["gaia-vre/kind"] == kind


def test_a_sandbox_has_its_own_label(make_spawner, service):
    assert sandbox(make_spawner, service)["metadata"]["labels"]["gaia-vre/kind"] == "sandbox"


def test_only_the_service_makes_sandboxes(make_spawner):
    with pytest.raises(Refusal, match="Only the service makes sandboxes"):
        manifest(server(make_spawner, name="sandbox-k3x9"))


@pytest.mark.parametrize(("username", "name"), [("p-heat", ""), ("p-heat", "app-7"), ("ada", "sandbox-k3x9")])
def test_without_a_volume_operators_read_what_to_set(make_spawner, service, username, name):
    service.granted = APP | {"sandbox": "k3x9"}
    with pytest.raises(Refusal, match=r"kubernetes\.shared\.claim"):
        manifest(server(make_spawner, username, name, values=None))
