"""Ask every part of an installed site whether it does its work; run by `helm test`."""

import os
import sys
import time

import httpx2

PATIENCE_SECONDS = 60.0
"""A network plugin takes a moment to let a new pod through, and parts may still start."""
TOKEN = os.environ["JUPYTERHUB_API_TOKEN"]


def ask(url: str, token: str) -> tuple[int, str]:
    """Return status and body; 0 and the reason where nobody answers."""
    headers = {"Authorization": f"token {token}"} if token else {}
    try:
        answer = httpx2.get(url, headers=headers, timeout=10, follow_redirects=False, trust_env=False)
    except httpx2.HTTPError as error:
        return 0, repr(error)
    return answer.status_code, answer.text


def checks() -> dict[str, tuple[str, str, tuple[int, ...]]]:
    """Return what is asked of each part: address, token, right answers."""
    hub, service, proxy, gateway = (os.environ[f"GAIA_TEST_{name}"] for name in ("HUB", "SERVICE", "PROXY", "GATEWAY"))
    found: dict[str, tuple[str, str, tuple[int, ...]]] = {
        "hub": (f"{hub}/hub/health", "", (200,)),
        "hub knows the service's token": (f"{hub}/hub/api/user", TOKEN, (200,)),
        "service, with its database and the hub": (f"{service}/services/gaia/health", "", (200,)),
        "login page through the proxy": (f"{proxy}/hub/login", "", (200, 302)),
        "service through the proxy": (f"{proxy}/services/gaia/health", "", (200,)),
        "service refuses a stranger": (f"{service}/services/gaia/api/quotas/usage", "nobody", (401, 403)),
    }
    if gateway:
        found["gateway"] = (f"{gateway}/api/health", "", (200,))
        found["gateway refuses a stranger"] = (f"{gateway}/api/v1/clusters/", "nobody", (401, 403))
    return found


def main() -> int:
    """Print a line for each part; the status is the number of parts that fail."""
    failed, deadline = 0, time.monotonic() + PATIENCE_SECONDS
    for name, (url, token, right) in checks().items():
        status, body = ask(url, token)
        while status not in right and time.monotonic() < deadline:
            time.sleep(1)
            status, body = ask(url, token)
        failed += status not in right
        told = "" if status in right else f": {body[:200]}"
        sys.stdout.write(f"{'right' if status in right else 'WRONG'} {name} ({status}){told}\n")
    return failed


if __name__ == "__main__":
    sys.exit(main())
