"""Start labs as pods, each with its own home and size, refused and ended in words that people understand."""

from __future__ import annotations

import asyncio
import contextlib
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import aiohttp
from kubernetes_asyncio.client.rest import ApiException
from kubespawner import KubeSpawner
from traitlets import Instance

from gaia_vre.core.errors import InvalidInput
from gaia_vre.core.pods import data_environment
from gaia_vre.core.settings import Settings
from gaia_vre.hub import steps
from gaia_vre.hub.choices import Choice, choose
from gaia_vre.hub.deployment import hub_settings
from gaia_vre.hub.launch import common_environment
from gaia_vre.hub.pods import rooms
from gaia_vre.hub.pods.ended import is_ending, reason_of
from gaia_vre.hub.pods.refused import NOTHING, exists_already, late_words, message_of, passes, refusal_of
from gaia_vre.hub.pods.watching import SILENCES, is_passing, look_again
from gaia_vre.hub.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from gaia_vre.core.kubernetes_settings import Kubernetes

_PORT_LOOKS_SECONDS = 0.05
_MARGIN_SECONDS = 3.0
"""A start gives up so long before the hub would: it knows why, the hub does not."""
_LEAST_SECONDS = 1.0
_REASON_SECONDS = 40.0
"""So long a pod has to end after its lab: the kubelet gives the last container 30 s."""
_REASON_LOOKS_SECONDS = 0.2
_SILENT_SECONDS = 2.0
_KEPT = ("lease", "account", "ran")


class PodSpawner(KubeSpawner):  # type: ignore[misc]
    """A lab as a pod: admitted with its real size, found again after a hub restart.

    `start` returns when the lab's port answers, so the hub's own polling, which backs off,
    finds it at its first look.
    """

    settings = Instance(Settings, config=True, help="The settings of this hub.")

    end_reason: str | None = None
    lease: str | None = None
    """What this start has reserved; set before it and taken away after its end."""
    account: str | None = None
    """Who pays for it."""
    granted: Mapping[str, Any] = MappingProxyType({})
    """What the service answered when it admitted this start; empty where it was silent."""
    refused: bool = False
    """The last start was refused: there is no end to tell of."""
    ran: bool = False
    """It has answered: what never did costs nothing."""
    _starting: bool = False
    _ending: bool = False

    def _settings_default(self) -> Settings:
        return hub_settings()

    # What it is ---------------------------------------------------------------------------------

    @property
    def kubernetes(self) -> Kubernetes:
        if self.settings.kubernetes is None:
            raise RuntimeError("PodSpawner needs the settings 'kubernetes'")
        return self.settings.kubernetes

    @property
    def choice(self) -> Choice:
        try:
            return choose(self.settings.labs, self.user_options)
        except InvalidInput as error:
            raise Refusal(error.message, reason="options", status=400) from error

    async def load_user_options(self) -> None:
        """Take over what the person chose; KubeSpawner calls this before it makes the pod."""
        choice = self.choice
        self.cpu_limit = choice.size.cores
        self.cpu_guarantee = choice.size.cores * self.kubernetes.cores_request_share
        self.mem_limit = self.mem_guarantee = int(choice.size.memory_gib * 2**30)
        if choice.environment.image:
            self.image = choice.environment.image
        rooms.prepare(self)

    def get_env(self) -> dict[str, str]:
        env: dict[str, str] = super().get_env()
        choice, home = self.choice, rooms.home_of(self)
        ours = common_environment(self.settings, env["JUPYTERHUB_SERVICE_PREFIX"], choice.environment.name)
        # What is set in the chart's values stays.
        return {**ours, **data_environment(self.kubernetes), "HOME": home, "USER": self.user.name, **env}

    async def get_pod_manifest(self) -> Any:
        pod = await super().get_pod_manifest()
        # A lab that is killed ends, as everywhere: KubeSpawner would have it begin anew, empty and without a word.
        pod.spec.restart_policy = "Never"
        return pod

    # Start --------------------------------------------------------------------------------------

    async def _start(self) -> str:
        # Until it is admitted, and after a refusal of the cluster, there is nothing whose end could be told.
        self.refused, self.end_reason, self.ran = True, None, False
        self._starting, self._ending = True, False
        try:
            async with asyncio.timeout(max(_LEAST_SECONDS, self.start_timeout - _MARGIN_SECONDS)):
                url: str = await super()._start()
                await self._until_it_answers(url)
        except aiohttp.ClientError as error:
            self.refused = True
            self.log.error("Kubernetes does not answer for %s: %s", self._log_name, error)
            raise Refusal(f"The cluster does not answer. {NOTHING}", reason="cluster", status=503) from error
        except ApiException as error:
            self.refused = True
            self.log.error("Kubernetes refused %s: %s", self._log_name, message_of(error))
            raise refusal_of(error) from error
        except TimeoutError as error:
            self.refused = True
            words = late_words(self._pod(), self.choice, self.start_timeout)
            self.log.error("%s did not start in time: %s", self._log_name, words)
            raise Refusal(f"{words}. {NOTHING}", reason="late", status=503) from error
        finally:
            self._starting = False
        self.ran = True
        steps.note(self, steps.LAB)
        return url

    def progress(self) -> AsyncIterator[dict[str, Any]]:
        return steps.with_steps(self, super().progress())

    async def _until_it_answers(self, url: str) -> None:
        address = urlsplit(url)
        while True:
            try:
                async with asyncio.timeout(1):
                    _, writer = await asyncio.open_connection(address.hostname, address.port)
            except (OSError, TimeoutError):
                self._check_that_it_lives(self._pod())
                await asyncio.sleep(_PORT_LOOKS_SECONDS)
                continue
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
            return

    def is_pod_running(self, pod: dict[str, Any] | None) -> bool:
        """Say whether a pod runs; called while it starts, an end of it is no reason to wait on."""
        if self._starting and pod is not None:
            self._check_that_it_lives(pod)
        return bool(super().is_pod_running(pod))

    def _check_that_it_lives(self, pod: dict[str, Any] | None) -> None:
        if pod is None or pod["status"]["phase"] in {"Succeeded", "Failed"}:
            self.refused = True
            reason = "it took more memory than its size has" if pod and reason_of(pod) == "memory" else "see its log"
            raise Refusal(f"The lab ended while it started: {reason}", reason="exited", status=500)

    async def _make_create_pod_request(self, pod: Any, request_timeout: float) -> bool:
        """Ask for the pod; False: ask again.

        KubeSpawner's own writes the whole pod to the log when it is refused, with the lab's token, and gives up
        where the API server only asks for patience.
        """
        try:
            async with asyncio.timeout(request_timeout):
                await self.api.create_namespaced_pod(self.namespace, pod)
        except (TimeoutError, aiohttp.ClientError):
            return False
        except ApiException as error:
            if exists_already(error):
                self.log.info("A former pod %s is still there and is ended", pod.metadata.name)
                await self.stop(now=True)
            elif not passes(error):
                raise
            return False
        return True

    # Watch and stop -----------------------------------------------------------------------------

    async def poll(self) -> int | None:
        await self._until_pods_are_seen()
        pod = self._pod()
        if pod is not None:
            if is_ending(pod) and not self._ending:
                return None
            self.end_reason = self._reason(pod) or self.end_reason
        status: int | None = await super().poll()
        if status is not None and pod is None and self.end_reason is None and not self._ending:
            self.end_reason = "lost"
        return status

    async def _until_pods_are_seen(self) -> None:
        """Wait while the API server is silent: a hub that begins meanwhile would take every lab for dead."""
        while True:
            try:
                await self._start_watching_pods()
            except SILENCES as error:
                if not is_passing(error):
                    raise
                self.log.warning("Kubernetes does not tell whether %s runs: %r", self._log_name, error)
                await asyncio.sleep(_SILENT_SECONDS)
            else:
                return

    async def _start_reflector(self, *arguments: Any, **options: Any) -> Any:
        reflector = await super()._start_reflector(*arguments, **options)
        await look_again(reflector)
        return reflector

    async def stop(self, now: bool = False) -> None:
        # A hub that has just begun stops what does not answer, as a lab that the kubelet is about to have evicted.
        await self._until_the_reason_is_known()
        self._ending = True
        await super().stop(now)

    async def _until_the_reason_is_known(self) -> None:
        """Wait while a lab has ended and its pod has not: a pod that is deleted before does not tell why."""
        until = asyncio.get_running_loop().time() + _REASON_SECONDS
        while not self._ending and (pod := self._pod()) is not None:
            self.end_reason = self._reason(pod) or self.end_reason
            if not is_ending(pod) or asyncio.get_running_loop().time() >= until:
                return
            await asyncio.sleep(_REASON_LOOKS_SECONDS)

    def _reason(self, pod: dict[str, Any]) -> str | None:
        # Read only when it matters: the events are those of everybody in the namespace.
        over = pod["status"].get("phase") in {"Succeeded", "Failed"} and self.event_reflector is not None
        return reason_of(pod, self.event_reflector.resources.values() if over else ())

    async def _make_delete_pod_request(self, *arguments: Any) -> bool:
        try:
            return bool(await super()._make_delete_pod_request(*arguments))
        except ApiException as error:
            if not passes(error):
                raise
            return False

    def _pod(self) -> dict[str, Any] | None:
        """Return the pod as it was seen last."""
        seen: dict[str, Any] | None = self.pod_reflector.pods.get(f"{self.namespace}/{self.pod_name}")
        return seen

    # State that outlives the hub ----------------------------------------------------------------

    def get_state(self) -> dict[str, Any]:
        state: dict[str, Any] = super().get_state()
        state["steps"] = steps.done(self)
        return state | ({name: getattr(self, name) for name in _KEPT} if self.lease else {})

    def load_state(self, state: dict[str, Any]) -> None:
        super().load_state(state)
        self.lease, self.account, self.ran = state.get("lease"), state.get("account"), bool(state.get("ran"))
