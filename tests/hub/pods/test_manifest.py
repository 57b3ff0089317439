"""The pods of labs, as the real KubeSpawner makes them: valid, restricted, with what a lab needs and no secret."""

from __future__ import annotations

import asyncio
from typing import Any

import kubernetes_validate
import pytest

from gaia_vre.core.errors import SettingsError
from tests.support.cluster import chart_config, plain
from tests.support.pod_security import violations

SHARED = {"kubernetes": {"homes": {"kind": "shared-claim", "claim": "homes"}, "data": {"claim": "datasets"}}}
KINDS = [pytest.param(None, id="as it comes"), pytest.param(SHARED, id="shared claims")]
VERSION = "1.34"


def manifest(spawner: Any) -> dict[str, Any]:
    async def make() -> Any:
        await spawner.load_user_options()
        return await spawner.modify_pod_hook(spawner, await spawner.get_pod_manifest())

    return plain(asyncio.run(make()))


def container(pod: dict[str, Any]) -> dict[str, Any]:
    (only,) = pod["spec"]["containers"]
    return only


def variables(pod: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one.get("value", "") for one in container(pod)["env"]}


@pytest.mark.parametrize("values", KINDS)
def test_a_lab_is_a_valid_pod(make_spawner, values):
    kubernetes_validate.validate(manifest(make_spawner(values)), VERSION, strict=True)


@pytest.mark.parametrize("values", KINDS)
def test_pod_security_restricted_lets_a_lab_in(make_spawner, values):
    assert violations(manifest(make_spawner(values))) == []


def test_the_size_that_was_chosen_is_what_the_pod_has(make_spawner, service):
    pod = manifest(make_spawner(size="medium"))
    resources = container(pod)["resources"]
    assert resources["limits"] == {"cpu": 4, "memory": 8 * 2**30}
    assert resources["requests"] == resources["limits"]
    assert (service.asked[0]["cores"], service.asked[0]["memory_gib"]) == (4, 8)


def test_a_node_may_take_more_cores_than_it_has_and_accounts_pay_for_all(make_spawner, service):
    pod = manifest(make_spawner({"kubernetes": {"cores_request_share": 0.25}}))
    assert container(pod)["resources"]["requests"]["cpu"] == 0.5
    assert service.asked[0]["cores"] == 2


def test_what_an_operator_adds_to_a_pod_is_admitted_with_it(make_spawner, service):
    def add(_: Any, pod: Any) -> Any:
        pod.spec.containers[0].resources.limits["memory"] = "20Gi"
        return pod

    manifest(make_spawner(config=chart_config(KubeSpawner={"modify_pod_hook": add})))
    assert service.asked[0]["memory_gib"] == 20


def test_labels_say_what_it_is_whose_and_who_pays(make_spawner):
    spawner = make_spawner(account="project:heat")
    metadata = manifest(spawner)["metadata"]
    labels, annotations = metadata["labels"], metadata["annotations"]
    assert labels["gaia-vre/kind"] == "lab"
    assert labels["gaia-vre/user"] == "ada"
    assert labels["gaia-vre/lease"] == spawner.lease
    assert labels["gaia-vre/account"].startswith("project-heat---")
    assert annotations["gaia-vre/account"] == "project:heat"
    assert labels["hub.jupyter.org/network-access-hub"] == "true"


def test_the_lab_finds_service_gateway_and_its_lease_and_no_secret(make_spawner):
    spawner = make_spawner()
    found = variables(manifest(spawner))
    assert found["GAIA_VRE_URL"] == "http://gaia-service.gaia:8000/services/gaia"
    assert found["DASK_GATEWAY__ADDRESS"] == "http://traefik-dask-gateway.gaia"
    assert found["DASK_GATEWAY__PROXY_ADDRESS"] == "gateway://traefik-dask-gateway.gaia:80"
    assert found["DASK_GATEWAY__PUBLIC_ADDRESS"] == "/user/ada/proxy/traefik-dask-gateway.gaia:80"
    assert found["GAIA_VRE_LEASE"] == spawner.lease
    assert found["HOME"] == "/home/jovyan"
    secret = [name for name in found if any(word in name for word in ("TOKEN", "SECRET", "PASSWORD"))]
    assert sorted(secret) == ["JPY_API_TOKEN", "JUPYTERHUB_API_TOKEN"]  # the lab's own


def test_a_claim_for_each_person_serves_all_of_their_servers(make_spawner):
    spawner = make_spawner({"kubernetes": {"homes": {"capacity_gib": 5, "storage_class": "fast"}}})
    spec = manifest(spawner)["spec"]
    (home,) = spec["volumes"]
    assert home["persistentVolumeClaim"]["claimName"] == spawner.pvc_name == "gaia-home-ada"
    claim = plain(spawner.get_pvc_manifest())
    kubernetes_validate.validate(claim, VERSION, strict=True)
    assert claim["spec"]["resources"]["requests"]["storage"] == "5Gi"
    assert claim["spec"]["storageClassName"] == "fast"


@pytest.mark.parametrize(("username", "folder"), [("ada", "homes/ada"), ("a@b.org", "homes/a-b-org---5b26064bbe84")])
def test_on_a_shared_claim_each_home_is_a_folder_of_its_own(make_spawner, username, folder):
    mounts = container(manifest(make_spawner(SHARED, username)))["volumeMounts"]
    home = next(one for one in mounts if one["mountPath"] == "/home/jovyan")
    assert home["subPath"] == folder
    assert not home.get("readOnly")


def test_datasets_can_be_read_only(make_spawner):
    pod = manifest(make_spawner(SHARED))
    data = next(one for one in container(pod)["volumeMounts"] if one["mountPath"] == "/data")
    assert data["readOnly"] is True
    assert variables(pod)["GAIA_VRE_CATALOG"] == "/data/catalog"


def test_an_environment_has_its_image(make_spawner):
    environments = [
        {"name": "ocean", "title": "Ocean", "image": "example/ocean:2"},
        {"name": "plain", "title": "Plain"},
    ]
    values = {"labs": {"environments": environments}}
    assert container(manifest(make_spawner(values)))["image"] == "example/ocean:2"
    assert container(manifest(make_spawner(values, environment="plain")))["image"] == "gaia-vre-user:1"


def test_what_an_operator_sets_for_labs_stays(make_spawner):
    config = chart_config(
        KubeSpawner={"environment": {"GAIA_VRE_READING_WARNING_GB": "7"}, "node_selector": {"pool": "labs"}},
        PodSpawner={"cmd": ["their-own-command"]},
    )
    config.KubeSpawner.volumes = {"scratch": {"name": "scratch", "emptyDir": {}}}
    pod = manifest(make_spawner(config=config))
    assert variables(pod)["GAIA_VRE_READING_WARNING_GB"] == "7"
    assert pod["spec"]["nodeSelector"] == {"pool": "labs"}
    assert container(pod)["args"][0] == "their-own-command"
    assert "scratch" in [volume["name"] for volume in pod["spec"]["volumes"]]


def test_a_second_volume_in_the_place_of_the_home_is_named(make_spawner):
    config = chart_config(KubeSpawner={"volume_mounts": {"home": {"mountPath": "/home/jovyan", "name": "volume-ada"}}})
    with pytest.raises(SettingsError, match=r"singleuser\.storage: it mounts a volume at /home/jovyan"):
        make_spawner(config=config)
