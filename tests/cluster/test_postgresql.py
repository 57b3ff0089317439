"""A site on a PostgreSQL of its own: the hub's database and the service's, reached by them alone."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
from collections.abc import Callable, Iterator

import pytest

from tests.cluster.test_site import REACH
from tests.support.environment import until
from tests.support.lab_client import LabClient
from tests.support.site import Site, upgraded

IMAGE = os.environ.get("GAIA_CLUSTER_POSTGRESQL_IMAGE")
NAME = "trial-postgresql"
LABELS = {"app": NAME}

pytestmark = pytest.mark.skipif(
    IMAGE is None,
    reason="NO IMAGE OF POSTGRESQL: name one in GAIA_CLUSTER_POSTGRESQL_IMAGE that takes the official one's variables",
)


@pytest.fixture
def password(site: Site) -> Iterator[str]:
    """The password of an empty PostgreSQL server in the release's namespace, with a database for each."""
    password = secrets.token_hex(16)
    variables = {"POSTGRES_USER": "gaia", "POSTGRES_PASSWORD": password, "POSTGRES_DB": "service"}
    env = [{"name": name, "value": value} for name, value in variables.items()]
    objects = [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": NAME, "labels": LABELS},
            "spec": {"containers": [{"name": "postgresql", "image": IMAGE, "env": env}]},
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": NAME},
            "spec": {"selector": LABELS, "ports": [{"port": 5432}]},
        },
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": NAME},
            "stringData": {"database-url": f"postgresql+psycopg://gaia:{password}@{NAME}/service"},
        },
    ]
    sent = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
    where = ["--namespace", site.namespace, "-f", "-"]
    subprocess.run(["kubectl", "apply", *where], input=sent, text=True, check=True, capture_output=True)
    try:
        until(lambda: _says(site, "SELECT 1") == "1", 120, "PostgreSQL answers")
        _says(site, "CREATE DATABASE hub")
        yield password
    finally:
        subprocess.run(["kubectl", "delete", *where], input=sent, text=True, check=True, capture_output=True)


def _says(site: Site, query: str, database: str = "service") -> str:
    command = f'PGPASSWORD="$POSTGRES_PASSWORD" psql -h 127.0.0.1 -U gaia -Atc "{query}" {database}'
    where = ["kubectl", "--namespace", site.namespace, "exec", NAME, "--"]
    return subprocess.run([*where, "sh", "-c", command], capture_output=True, text=True, check=False).stdout.strip()


def test_hub_and_service_work_on_postgresql_and_nobody_else_reaches_it(
    site: Site, sign_in: Callable[[str], LabClient], password: str
) -> None:
    settings = (
        f"service.database.existingSecret={NAME}",
        f"networkPolicy.databasePods.app={NAME}",
        "jupyterhub.hub.db.type=postgres",
        f"jupyterhub.hub.db.url=postgresql+psycopg://gaia@{NAME}:5432/hub",
        f"jupyterhub.hub.db.password={password}",
        "jupyterhub.hub.db.upgrade=true",
    )
    with upgraded(site, *settings):
        lab = sign_in("codd")
        lab.start_server({"size": "small"}, seconds=180)
        with lab.open_notebook() as kernel, lab.service() as api:
            reached = kernel.execute(REACH.format(targets=[(f"{NAME}.{site.namespace}", 5432)])).text
            assert json.loads(reached) == [False]
            until(lambda: api.get("/quotas/usage").json()["holds"], 60, "the lab is held")
            assert api.post("/projects", json={"title": "Relations", "slug": "relations"}).status_code == 201
            assert "ostia-monthly" in kernel.execute("import gaia_vre as gaia; print(gaia.search('surface'))").text
        assert _says(site, "SELECT count(*) FROM spawners WHERE server_id IS NOT NULL", "hub") == "1"
        site.recovered("service", site.kill("service"))
        site.recovered("hub", site.kill("hub"))
        assert lab.api("GET", "kernels").status_code == 200
        assert json.loads(site.command("quota", "check", "--json"))["differences"] == []
        assert "postgresql" in site.command("database", "check")
        lab.stop_server(120)
        lab.username = ""  # the hub that is rolled back to does not know the person
