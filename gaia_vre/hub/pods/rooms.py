"""What a server is opened in on Kubernetes: its home, what else it sees, and how its lab is told of it.

The same as `gaia_vre.hub.rooms` does on one machine. What follows from the kind of a server alone is set before its
pod is made; what the service grants is added to the pod when it is admitted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kubernetes_asyncio.client import (
    V1Container,
    V1EmptyDirVolumeSource,
    V1EnvVar,
    V1PersistentVolumeClaimVolumeSource,
    V1ResourceRequirements,
    V1Volume,
    V1VolumeMount,
)

from gaia_vre.core.app_rooms import MODULE
from gaia_vre.core.examples import VARIABLE as EXAMPLES
from gaia_vre.core.kinds import SANDBOX_SERVER, ServerKind, kind_of, project_of
from gaia_vre.core.pods import KIND, SERVER_KINDS
from gaia_vre.core.project_links import LINKED, NAME, PROJECTS
from gaia_vre.hub.pods import volumes
from gaia_vre.hub.refusal import Refusal
from gaia_vre.hub.rooms import PROJECT, app_environment
from gaia_vre.hub.sandbox_rooms import sandbox_environment

if TYPE_CHECKING:
    from collections.abc import Callable

    from gaia_vre.hub.pods.spawner import PodSpawner

FOLDERS = "/projects"
"""Where a pod finds the folders of projects."""
_HOME, _SHARED, _KEPT = "gaia-home", "gaia-shared", "/kept"
_MOST_FOLDERS = 200
_APP_HOME = "1Gi"
_CARRYING_SECONDS = 60
"""What a sandbox's files may take to be carried out when it ends."""
_MARGIN_SECONDS = 300
_GIB = 2**30
_PORTER = "gaia_vre.sandboxes.porter"


def prepare(spawner: PodSpawner) -> None:
    """Set what follows from what a server is, before its pod is made."""
    kind = kind_of(spawner.user.name, spawner.name)
    spawner.extra_labels = {**spawner.extra_labels, KIND: SERVER_KINDS[kind]}
    volumes.put(spawner, spawner.kubernetes, personal=kind == "personal")
    if kind == "personal":
        return
    spawner.storage_pvc_ensure = False
    if kind == "app":
        spawner.cmd = ["python", "-m", MODULE]
    elif kind == "project":
        spawner.working_dir = f"{FOLDERS}/{project_of(spawner.user.name)}"
    else:
        spawner.delete_grace_period = _CARRYING_SECONDS


def furnish(pod: Any, spawner: PodSpawner) -> Any:
    """Return the pod with what the service granted.

    Raises
    ------
    Refusal
        It is a project's, an app or a sandbox, and there is no volume for it, or the service did not make it.
    """
    _ROOMS[kind_of(spawner.user.name, spawner.name)](pod, spawner)
    return pod


def home_of(spawner: PodSpawner) -> str:
    """Return where a lab finds its home."""
    project = project_of(spawner.user.name) if kind_of(spawner.user.name, spawner.name) == "project" else None
    return f"{FOLDERS}/{project}" if project else str(spawner.kubernetes.homes.mount)


def _personal(pod: Any, spawner: PodSpawner) -> None:
    if not spawner.kubernetes.shared.claim:
        return
    _tell(pod, {PROJECTS: FOLDERS, LINKED: "1"})
    granted = list(spawner.granted.get("folders") or ())[:_MOST_FOLDERS]
    folders = [one for one in granted if NAME.fullmatch(str(one["slug"]))]
    if folders:
        _share(pod, spawner)
    for one in folders:
        _mount(pod, _folder_mount(spawner, str(one["slug"]), writable=bool(one["writable"])))


def _project(pod: Any, spawner: PodSpawner) -> None:
    _check_volume(spawner)
    name = project_of(spawner.user.name) or ""
    _share(pod, spawner)
    _mount(pod, _folder_mount(spawner, name, writable=True))
    _tell(pod, {EXAMPLES: "", PROJECT: name, PROJECTS: FOLDERS})


def _app(pod: Any, spawner: PodSpawner) -> None:
    """Give an app the project's folder to read, and a home that is empty at each start."""
    told = app_environment(spawner.user.name, spawner.name, spawner.granted)
    _check_volume(spawner)
    name = project_of(spawner.user.name) or ""
    _share(pod, spawner)
    _mount(pod, _folder_mount(spawner, name, writable=False))
    pod.spec.volumes.append(V1Volume(name=_HOME, empty_dir=V1EmptyDirVolumeSource(size_limit=_APP_HOME)))
    _mount(pod, V1VolumeMount(name=_HOME, mount_path=home_of(spawner)))
    _tell(pod, {EXAMPLES: "", PROJECT: name, PROJECTS: FOLDERS, **told})


def _sandbox(pod: Any, spawner: PodSpawner) -> None:
    _check_volume(spawner)
    number = spawner.name.removeprefix(SANDBOX_SERVER)
    if spawner.granted.get("sandbox") != number:
        raise Refusal("Only the service makes sandboxes, and this is none of them", reason="sandbox", status=403)
    policy, kubernetes = spawner.settings.sandboxes, spawner.kubernetes
    _share(pod, spawner)
    size = V1EmptyDirVolumeSource(size_limit=f"{int(policy.home_gib * _GIB)}")
    pod.spec.volumes.append(V1Volume(name=_HOME, empty_dir=size))
    home = V1VolumeMount(name=_HOME, mount_path=home_of(spawner))
    _mount(pod, home)
    bounds = [str(policy.home_files), str(int(policy.home_gib * _GIB))]
    porters = [_porter(pod, spawner, "fill", []), _porter(pod, spawner, "guard", bounds)]
    porters[1].restart_policy = "Always"  # beside the lab, and ended after it
    pod.spec.init_containers = [*(pod.spec.init_containers or ()), *porters]
    # It lives so long at most, whoever else is gone; the service ends it sooner.
    minutes = policy.minutes + policy.extensions * policy.extension_minutes
    pod.spec.active_deadline_seconds = int(minutes * 60) + _MARGIN_SECONDS
    pod.spec.termination_grace_period_seconds = _CARRYING_SECONDS
    if kubernetes.sandbox_runtime:
        pod.spec.runtime_class_name = kubernetes.sandbox_runtime
    _tell(pod, {EXAMPLES: "", **sandbox_environment(spawner.name, spawner.granted)})


_ROOMS: dict[ServerKind, Callable[[Any, PodSpawner], None]] = {
    "personal": _personal,
    "project": _project,
    "app": _app,
    "sandbox": _sandbox,
}


def _porter(pod: Any, spawner: PodSpawner, action: str, bounds: list[str]) -> V1Container:
    """Return a container that carries a sandbox's files; nothing of the sandbox runs in it."""
    lab = pod.spec.containers[0]
    number = spawner.name.removeprefix(SANDBOX_SERVER)
    kept = V1VolumeMount(name=_SHARED, mount_path=_KEPT, sub_path=_inside(spawner, "sandboxes", number))
    return V1Container(
        name=action,
        image=lab.image,
        image_pull_policy=lab.image_pull_policy,
        command=["python", "-I", "-m", _PORTER, action, _KEPT, "/home-of-sandbox", *bounds],
        security_context=lab.security_context,
        resources=V1ResourceRequirements(
            requests={"cpu": "10m", "memory": "48Mi"}, limits={"cpu": "500m", "memory": "256Mi"}
        ),
        volume_mounts=[V1VolumeMount(name=_HOME, mount_path="/home-of-sandbox"), kept],
    )


def _check_volume(spawner: PodSpawner) -> None:
    if spawner.kubernetes.shared.claim is None:
        raise Refusal(
            "There is no volume for it: the operators set kubernetes.shared.claim", reason="folder", status=503
        )


def _share(pod: Any, spawner: PodSpawner) -> None:
    claim = V1PersistentVolumeClaimVolumeSource(claim_name=spawner.kubernetes.shared.claim)
    pod.spec.volumes.append(V1Volume(name=_SHARED, persistent_volume_claim=claim))


def _folder_mount(spawner: PodSpawner, slug: str, *, writable: bool) -> V1VolumeMount:
    return V1VolumeMount(
        name=_SHARED,
        mount_path=f"{FOLDERS}/{slug}",
        sub_path=_inside(spawner, "projects", slug),
        read_only=not writable,
    )


def _inside(spawner: PodSpawner, *names: str) -> str:
    return str(spawner.kubernetes.shared.folder.joinpath(*names))


def _mount(pod: Any, mount: V1VolumeMount) -> None:
    pod.spec.containers[0].volume_mounts.append(mount)


def _tell(pod: Any, variables: dict[str, str]) -> None:
    environment = pod.spec.containers[0].env
    environment[:] = [one for one in environment if one.name not in variables]
    environment += [V1EnvVar(name, value) for name, value in variables.items()]
