"""Ask every part of an installed site whether it does its work; run by `helm test`."""

import json
import os
import sys
import urllib.error
import urllib.request

TOKEN = os.environ["JUPYTERHUB_API_TOKEN"]


def ask(url: str, token: str = "") -> tuple[int, bytes]:
    """Return status and body."""
    headers = {"Authorization": f"token {token}"} if token else {}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
    except OSError as error:
        return 0, str(error).encode()


def main() -> int:
    """Print a line for each part; the status is the number of parts that fail."""
    hub, service, proxy, gateway = (os.environ[f"GAIA_TEST_{name}"] for name in ("HUB", "SERVICE", "PROXY", "GATEWAY"))
    checks = {
        "hub": (f"{hub}/hub/health", "", 200),
        "hub knows the service's token": (f"{hub}/hub/api/user", TOKEN, 200),
        "service, its database and the hub behind it": (f"{service}/services/gaia/health", "", 200),
        "login page through the proxy": (f"{proxy}/hub/login", "", 200),
        "service through the proxy": (f"{proxy}/services/gaia/health", "", 200),
        "service refuses who is nobody": (f"{service}/services/gaia/api/quotas/allowances", "nobody", (401, 403, 404)),
    }
    if gateway:
        checks["gateway"] = (f"{gateway}/api/health", "", 200)
        checks["gateway refuses who is nobody"] = (f"{gateway}/api/v1/clusters/", "nobody", (401, 403))
    failed = 0
    for name, (url, token, wanted) in checks.items():
        status, body = ask(url, token)
        right = status in (wanted if isinstance(wanted, tuple) else (wanted,))
        failed += not right
        print(
            json.dumps(
                {
                    "part": name,
                    "right": right,
                    "status": status,
                    "told": "" if right else body[:200].decode("utf-8", "replace"),
                }
            )
        )
    return failed


if __name__ == "__main__":
    sys.exit(main())
