"""What is taken from a metadata record, and what stays unknown."""

import io
import zipfile
from pathlib import Path

import pytest

from gaia_vre.catalog.harvest.checking import Refused
from gaia_vre.catalog.harvest.contract import Report, Source, Unreadable
from gaia_vre.catalog.harvest.csw import collection_of_record
from gaia_vre.catalog.harvest.describing import box_of, doi_in, instant, licence_of
from gaia_vre.catalog.harvest.eml import collection_of_eml, read_record
from gaia_vre.catalog.harvest.run import harvest
from gaia_vre.catalog.harvest.sources import harvester_of
from gaia_vre.catalog.harvest.xml import read_xml
from gaia_vre.core.durable import write_text
from tests.support.harvest_cases import QUICK
from tests.support.harvest_xml import csw_answer, eml, iso_19115_3, iso_19139
from tests.support.replay import BILLION_LAUGHS, Replay


def described(record: str) -> dict:
    return collection_of_record(read_xml(record.encode(), "a record"), "https://x.org/srv/api/records/1")


def of_eml(**changes: object) -> dict:
    return collection_of_eml(read_xml(eml("p1", **changes), "a record"), None)


def run(source: Source, into: Path) -> Report:
    return harvest(source, harvester_of, into, write_text)


def archive(**members: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as made:
        for name, body in members.items():
            made.writestr(name.replace("_", "."), body)
    return content.getvalue()


META = b'<archive xmlns="http://rs.tdwg.org/dwc/text/" metadata="eml.xml"><core/></archive>'


def test_iso_19139_is_read_in_both_languages() -> None:
    taken = described(iso_19139("a"))
    assert taken["title"] == "Ammoniac de IASI"
    assert taken["gaia:titles"] == {"fr": "Ammoniac de IASI", "en": "Ammonia from IASI"}
    assert taken["description"] == "Colonnes totales.\n\nAmmonia from IASI\n\nTotal columns."


def test_iso_19139_gives_extent_licence_contact_and_doi() -> None:
    taken = described(iso_19139("a"))
    assert taken["extent"]["spatial"]["bbox"] == [[-10, 30, 40, 46]]
    assert taken["extent"]["temporal"]["interval"] == [["2008-01-01T00:00:00Z", None]]
    assert taken["license"] == "CC-BY-4.0"
    assert taken["gaia:licence"] == "CC BY 4.0 https://creativecommons.org/licenses/by/4.0/"
    assert taken["contacts"][0]["emails"] == [{"value": "contact@example.org"}]
    assert taken["providers"] == [{"name": "LATMOS", "roles": ["producer"]}]
    assert taken["sci:doi"] == "10.25326/500"
    assert taken["gaia:unknown"] == []


def test_iso_19139_gives_keywords_links_dates_and_lineage() -> None:
    taken = described(iso_19139("a"))
    assert taken["themes"] == [{"scheme": "GEMET", "concepts": [{"id": "ammoniac"}]}]
    assert [one["rel"] for one in taken["links"]] == ["cite-as", "describedby", "via"]
    assert taken["assets"]["download-1"]["href"] == "https://data.aeris-data.fr/nh3.nc"
    assert (taken["published"], taken["gaia:status"]) == ("2018-05-01T00:00:00Z", "onGoing")
    assert taken["gaia:lineage"] == "Restitué des spectres de IASI."


def test_iso_19115_3_is_read_and_what_it_does_not_say_stays_unknown() -> None:
    taken = described(iso_19115_3("b"))
    assert (taken["id"], taken["title"], taken["description"]) == ("b", "Ground velocity maps", "InSAR velocities.")
    assert taken["extent"]["spatial"]["bbox"] == [[170, -20, -170, -10]]
    assert taken["contacts"] == [{"name": "B. Durand", "organization": "FormaTerre", "roles": ["publisher"]}]
    assert (taken["license"], taken["gaia:licence"]) == ("other", "Sur demande.")
    assert taken["gaia:unknown"] == ["extent.temporal"]
    assert taken["gaia:lineage"] == "From Sentinel-1."


def test_a_record_of_a_service_is_no_dataset() -> None:
    with pytest.raises(Refused, match="a dataset expected, dataset found"):
        described(iso_19139("a", identification=False))


def test_eml_is_read_in_both_languages() -> None:
    taken = of_eml()
    assert taken["id"] == "p1"
    assert taken["gaia:titles"] == {"fr": "Occurrences de plantes", "en": "Plant occurrences"}
    assert taken["extent"]["spatial"]["bbox"] == [[-5, 41, 10, 51]]
    assert taken["extent"]["temporal"]["interval"] == [["1651-01-01T00:00:00Z", "2004-12-31T23:59:59Z"]]
    assert (taken["license"], taken["sci:doi"]) == ("CC-BY-4.0", "10.15468/3kvaeh")
    assert taken["gaia:taxa"] == ["kingdom Plantae"]


def test_etalab_is_a_licence_too() -> None:
    assert of_eml(licence="https://www.etalab.gouv.fr/Licence-Ouverte-v2.0.pdf Licence Ouverte 2.0")["license"] == (
        "etalab-2.0"
    )


def test_a_darwin_core_archive_carries_its_description() -> None:
    body = archive(meta_xml=META, eml_xml=eml("p1"), occurrence_txt=b"id\n1\n")
    assert read_record(body, "a.zip", 100_000).tag == "eml"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        pytest.param(archive(meta_xml=META), "no 'eml.xml'", id="without description"),
        pytest.param(archive(meta_xml=META, eml_xml=b" " * 200_000), "larger than 100000", id="blown up"),
        pytest.param(archive(meta_xml=META.replace(b"eml.xml", b"../../etc/passwd")), "no '../../etc", id="outside"),
        pytest.param(archive(meta_xml=META, eml_xml=BILLION_LAUGHS), "entities", id="entities"),
        pytest.param(archive(meta_xml=META, eml_xml=eml("p"))[:-30], "cannot be read", id="cut off"),
    ],
)
def test_a_bad_archive_is_named(body: bytes, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        read_record(body, "a.zip", 100_000)


def test_a_folder_of_documents_and_archives_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "pndb"
    (folder / "sub").mkdir(parents=True)
    (folder / "p1.xml").write_bytes(eml("p1"))
    (folder / "sub" / "p2.zip").write_bytes(archive(meta_xml=META, eml_xml=eml("p2")))
    (folder / "laughs.xml").write_bytes(BILLION_LAUGHS)
    (folder / "out.xml").symlink_to("/etc/passwd")
    report = run(Source(name="pndb", kind="eml", url=str(folder), limits=QUICK), tmp_path / "harvests")
    assert set(report.added) == {"p1/collection.json", "p2/collection.json"}
    assert {one.record for one in report.refused} == {"laughs.xml", "out.xml"}


def test_datasets_are_found_at_gbif_by_their_doi(replay: Replay, tmp_path: Path) -> None:
    replay.routes["/v1/dataset/doi/10.15468/3kvaeh"] = {"results": [{"key": "u-1"}]}
    replay.routes["/v1/dataset/u-1/document"] = eml("u-1")
    replay.routes["/v1/dataset/doi/10.15468/none"] = {"results": []}
    dois = ("10.15468/3kvaeh", "10.15468/none")
    report = run(
        Source(name="gbif", kind="eml", url=f"{replay.url}/v1/dataset", collections=dois, limits=QUICK), tmp_path
    )
    assert report.added == ["u-1/collection.json"]
    assert [one.record for one in report.refused] == ["10.15468/none"]


def test_some_records_of_a_geonetwork_are_asked_by_their_identifier(replay: Replay, tmp_path: Path) -> None:
    replay.routes["/gn/srv/api/records/a/formatters/xml"] = iso_19115_3("a").encode()
    source = Source(name="gn", kind="csw", url=f"{replay.url}/gn/srv/eng/csw", collections=("a", "b"), limits=QUICK)
    report = run(source, tmp_path)
    assert report.added == ["a/collection.json"]
    assert [(one.record, "404" in one.reason) for one in report.refused] == [("b", True)]


def test_a_catalog_that_names_the_same_next_record_for_ever_is_left(replay: Replay, tmp_path: Path) -> None:
    replay.routes["/srv/fre/csw"] = csw_answer([iso_19139("a")], 9, 1)
    report = run(Source(name="gn", kind="csw", url=f"{replay.url}/srv/fre/csw", limits=QUICK), tmp_path)
    assert "only what earlier pages held" in report.stopped or "leads back" in report.stopped
    assert len(replay.asked) <= 3


def test_an_exception_of_a_catalog_is_told(replay: Replay, tmp_path: Path) -> None:
    said = b"<ExceptionReport><Exception><ExceptionText>index is rebuilt</ExceptionText></Exception></ExceptionReport>"
    replay.routes["/srv/fre/csw"] = said
    report = run(Source(name="gn", kind="csw", url=f"{replay.url}/srv/fre/csw", limits=QUICK), tmp_path)
    assert "index is rebuilt" in report.stopped


def test_a_catalog_on_the_disk_is_no_csw(tmp_path: Path) -> None:
    report = run(Source(name="gn", kind="csw", url="file:///etc/passwd"), tmp_path)
    assert "begins with https://" in report.stopped


@pytest.mark.parametrize(
    ("text", "spdx"),
    [
        ("https://creativecommons.org/licenses/by-nc/4.0/", "CC-BY-NC-4.0"),
        ("Licence Ouverte / Open Licence version 2.0 (Etalab)", "etalab-2.0"),
        ("CC BY", None),
        ("Licence ouverte", None),
        ("CC BY 4.0 or CC0 1.0", None),
    ],
)
def test_a_licence_is_named_only_when_it_is_certain(text: str, spdx: str | None) -> None:
    assert licence_of([text]) == spdx


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("2019", "2019-12-31T23:59:59Z"),
        ("2019-02", "2019-02-28T23:59:59Z"),
        ("2020-02-29", "2020-02-29T23:59:59Z"),
        ("2019-02-30", None),
        ("2019-02-03T10:00:00+02:00", "2019-02-03T08:00:00Z"),
        ("soon", None),
        (None, None),
    ],
)
def test_a_date_ends_with_its_last_second(text: str | None, last: str | None) -> None:
    assert instant(text, end=True) == last


def test_boxes_outside_the_globe_are_unknown() -> None:
    assert box_of(0, -90, 360, 90) == [-180, -90, 180, 90]
    assert box_of(190, 0, 200, 10) == [-170, 0, -160, 10]
    assert box_of(-180, 60, 180, 90.03) == [-180, 60, 180, 90]
    assert box_of(-180, 60, 180, 9.97e36) is None
    assert box_of(0, 50, 10, 40) is None
    assert box_of(0, None, 10, 40) is None


def test_a_doi_is_found_in_an_address() -> None:
    assert doi_in("see https://doi.org/10.18715/GEOSCOPE.G.") == "10.18715/GEOSCOPE.G"
