"""Who pays for what a scientist starts from a lab."""

from __future__ import annotations

import json
from collections.abc import Callable

from tests.support.lab_client import LabClient

SignIn = Callable[[str], LabClient]

CLUSTER_CODE = """
import json, gaia_vre as gaia
cluster = gaia.cluster(workers=1)
held = {one.kind: one for one in gaia.usage().holds}
print(json.dumps({kind: [one.account, one.cores, one.workers] for kind, one in held.items()}))
"""
LEASES_CODE = """
import os
from gaia_vre.client import ServiceClient
with ServiceClient() as service:
    holds = {one["kind"]: one for one in service.usage()["holds"]}
print(holds["cluster"]["parent"] == holds["server"]["id"] == os.environ["GAIA_VRE_LEASE"])
cluster.close()
"""


def test_a_cluster_is_the_child_of_its_lab_and_paid_by_the_same_account(sign_in: SignIn) -> None:
    lab = sign_in("ada")
    lab.start_server()
    kernel = lab.open_notebook()
    reply = kernel.execute(CLUSTER_CODE, seconds=120)
    held = json.loads(reply.text.strip().splitlines()[-1])
    assert held["cluster"] == ["person:ada", 2, 1]
    assert held["server"][0] == "person:ada"  # of whatever size she had last
    reply = kernel.execute(LEASES_CODE, seconds=60)
    assert reply.text.strip() == "True", reply.text
    kernel.close()
