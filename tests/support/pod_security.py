"""The rules of Pod Security "restricted", as Kubernetes 1.34 documents them, for manifests without a cluster."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected"}
_VOLUMES |= {"secret"}
_SYSCTLS = {
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_wmem",
}
_SECCOMP = {"RuntimeDefault", "Localhost"}
_SELINUX = {None, "", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"}


def violations(pod: dict[str, Any]) -> list[str]:
    """Return what Pod Security "restricted" would refuse in a pod's manifest."""
    spec = pod["spec"]
    return [*_of_pod(spec), *(found for one in _containers(spec) for found in _of_container(one, spec))]


def _containers(spec: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for kind in ("initContainers", "containers", "ephemeralContainers"):
        yield from spec.get(kind) or ()


def _of_pod(spec: dict[str, Any]) -> Iterator[str]:
    context = spec.get("securityContext") or {}
    for namespace in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.get(namespace):
            yield f"{namespace} is set"
    for volume in spec.get("volumes") or ():
        for kind in set(volume) - {"name"} - _VOLUMES:
            yield f"volume {volume['name']}: {kind} is not allowed"
    for sysctl in context.get("sysctls") or ():
        if sysctl["name"] not in _SYSCTLS:
            yield f"sysctl {sysctl['name']} is not allowed"
    yield from _of_context("pod", context)


def _of_container(container: dict[str, Any], spec: dict[str, Any]) -> Iterator[str]:
    name, context, whole = container["name"], container.get("securityContext") or {}, spec.get("securityContext") or {}
    yield from _of_context(name, context)
    if context.get("privileged"):
        yield f"{name}: privileged"
    if context.get("allowPrivilegeEscalation") is not False:
        yield f"{name}: allowPrivilegeEscalation is not false"
    if context.get("procMount", "Default") != "Default":
        yield f"{name}: procMount is not Default"
    capabilities = context.get("capabilities") or {}
    if "ALL" not in (capabilities.get("drop") or ()):
        yield f"{name}: capabilities are not dropped"
    if set(capabilities.get("add") or ()) - {"NET_BIND_SERVICE"}:
        yield f"{name}: capabilities are added"
    if not context.get("runAsNonRoot", whole.get("runAsNonRoot")):
        yield f"{name}: runAsNonRoot is not true"
    if (context.get("seccompProfile") or whole.get("seccompProfile") or {}).get("type") not in _SECCOMP:
        yield f"{name}: seccompProfile is not RuntimeDefault"
    if any(port.get("hostPort") for port in container.get("ports") or ()):
        yield f"{name}: hostPort"
    if any(_probe_host(probe) for probe in _handlers(container)):
        yield f"{name}: a probe names a host"


def _of_context(name: str, context: dict[str, Any]) -> Iterator[str]:
    if context.get("runAsUser") == 0:
        yield f"{name}: runAsUser is 0"
    if context.get("runAsNonRoot") is False:
        yield f"{name}: runAsNonRoot is false"
    if (context.get("windowsOptions") or {}).get("hostProcess"):
        yield f"{name}: hostProcess"
    profile = context.get("seccompProfile")
    if profile and profile.get("type") not in _SECCOMP:
        yield f"{name}: seccompProfile {profile.get('type')}"
    armor = context.get("appArmorProfile")
    if armor and armor.get("type") not in _SECCOMP:
        yield f"{name}: appArmorProfile {armor.get('type')}"
    label = context.get("seLinuxOptions") or {}
    if label.get("type") not in _SELINUX or label.get("user") or label.get("role"):
        yield f"{name}: seLinuxOptions"


def _handlers(container: dict[str, Any]) -> Iterator[dict[str, Any]]:
    lifecycle = container.get("lifecycle") or {}
    probes = (container.get(kind) for kind in ("livenessProbe", "readinessProbe", "startupProbe"))
    yield from (each for each in (*probes, lifecycle.get("postStart"), lifecycle.get("preStop")) if each)


def _probe_host(probe: dict[str, Any]) -> bool:
    return any((probe.get(kind) or {}).get("host") for kind in ("httpGet", "tcpSocket"))
