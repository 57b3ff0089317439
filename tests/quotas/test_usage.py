"""What a notebook shows of accounts."""

import gaia_vre as gaia
from gaia_vre.quotas.usage import usage_of

ACCOUNT = {
    "name": "project:heat",
    "title": "Ocean heat",
    "kind": "project",
    "held": {"cores": 5},
    "used": {"credits": 12},
    "reserved": {"credits": 1},
    "limits": {"cores": 8},
    "left": {"cores": 3, "credits": 87.5, "memory": None},
    "sources": {"cores": "<b>default</b> of a project"},
    "days": 30,
    "until": None,
    "sizes": {},
}
OWN = ACCOUNT | {"name": "person:ada", "title": "ada", "limits": {}, "left": {"cores": None}, "sources": {}}
LAB = {"id": "s-1", "kind": "server", "thing": "", "account": "person:ada", "cores": 2, "memory_gib": 4, "gpus": 0}
LAB |= {"workers": 0, "credits_per_hour": 1.5, "parent": None}
DASK = LAB | {"id": "c-1", "kind": "cluster", "thing": "0123456789abcdef", "account": "project:heat", "workers": 2.0}


def usage(*holds):
    return usage_of({"username": "ada", "holds": list(holds), "accounts": [OWN, ACCOUNT], "events": []})


def test_the_text_says_what_is_held_and_what_is_left():
    assert repr(usage(LAB, DASK)).splitlines() == [
        "ada holds 4 cores and 8 GiB: 3 credits for each hour",
        "  personal lab                              2 cores      4 GiB  paid by person:ada",
        "  Dask cluster 01234567, 2 workers          2 cores      4 GiB  paid by project:heat",
        "  person:ada                           no limit",
        "  project:heat                         left: 3 of 8 cores, 87.5 credits",
    ]


def test_the_page_escapes_what_others_wrote_and_names_sources():
    page = usage(DASK)._repr_html_()
    assert "&lt;b&gt;default&lt;/b&gt; of a project" in page
    assert "a level above" in page
    assert "<b>" not in page


def test_one_account_is_found_by_its_name():
    assert usage()["project:heat"].left["cores"] == 3
    assert usage().summary == "ada holds nothing now"


def test_it_stays_callable_once_imported():
    assert callable(gaia.usage)
