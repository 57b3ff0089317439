import threading

import pytest

from gaia_vre.lab.examples import copy_examples


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "source"
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "big.nc").write_text("grid")
    (folder / "maps").mkdir()
    (folder / "maps" / "sst.ipynb").write_text("map")
    (folder / "first.ipynb").write_text("first, version 1")
    return folder


@pytest.fixture
def target(tmp_path):
    return tmp_path / "home" / "examples"


def files(target):
    return {str(path.relative_to(target)) for path in target.rglob("*") if path.is_file() and path.name[0] != "."}


def test_a_new_home_gets_every_example_but_not_the_data(source, target):
    assert copy_examples(source, target) == ["first.ipynb", "maps/sst.ipynb"]
    assert files(target) == {"first.ipynb", "maps/sst.ipynb"}


def test_nothing_is_written_the_second_time(source, target):
    copy_examples(source, target)
    before = {path: path.stat().st_mtime_ns for path in target.rglob("*")}
    assert copy_examples(source, target) == []
    assert {path: path.stat().st_mtime_ns for path in target.rglob("*")} == before


def test_an_untouched_copy_is_replaced_by_a_newer_example(source, target):
    copy_examples(source, target)
    (source / "first.ipynb").write_text("first, version 2")
    assert copy_examples(source, target) == ["first.ipynb"]
    assert (target / "first.ipynb").read_text() == "first, version 2"


def test_a_persons_work_stays(source, target):
    copy_examples(source, target)
    (target / "first.ipynb").write_text("mine")
    assert copy_examples(source, target) == []
    assert (target / "first.ipynb").read_text() == "mine"


def test_a_newer_example_is_put_beside_a_persons_work_once(source, target):
    copy_examples(source, target)
    (target / "first.ipynb").write_text("mine")
    (source / "first.ipynb").write_text("first, version 2")
    assert copy_examples(source, target) == ["first.new.ipynb"]
    assert (target / "first.ipynb").read_text() == "mine"
    (target / "first.new.ipynb").unlink()
    assert copy_examples(source, target) == []


def test_work_in_the_copy_beside_stays_too(source, target):
    copy_examples(source, target)
    (target / "first.ipynb").write_text("mine")
    (source / "first.ipynb").write_text("first, version 2")
    copy_examples(source, target)
    (target / "first.new.ipynb").write_text("mine as well")
    (source / "first.ipynb").write_text("first, version 3")
    assert copy_examples(source, target) == []
    assert (target / "first.new.ipynb").read_text() == "mine as well"


def test_a_file_of_the_same_name_that_was_never_copied_stays(source, target):
    target.mkdir(parents=True)
    (target / "first.ipynb").write_text("mine")
    assert copy_examples(source, target) == ["first.new.ipynb", "maps/sst.ipynb"]
    assert (target / "first.ipynb").read_text() == "mine"


def test_a_deleted_copy_comes_back_fresh(source, target):
    copy_examples(source, target)
    (target / "first.ipynb").unlink()
    assert copy_examples(source, target) == ["first.ipynb"]


def test_a_broken_record_overwrites_nothing(source, target):
    copy_examples(source, target)
    (target / "first.ipynb").write_text("mine")
    (target / ".copied.json").write_text('{"first')
    copy_examples(source, target)
    assert (target / "first.ipynb").read_text() == "mine"


def test_a_copy_interrupted_before_its_record_was_written_is_taken_as_copied(source, target):
    target.mkdir(parents=True)
    (target / "first.ipynb").write_text("first, version 1")
    copy_examples(source, target)
    (source / "first.ipynb").write_text("first, version 2")
    assert copy_examples(source, target) == ["first.ipynb"]


def test_a_folder_in_place_of_an_example_is_left_alone(source, target):
    (target / "first.ipynb").mkdir(parents=True)
    assert copy_examples(source, target) == ["first.new.ipynb", "maps/sst.ipynb"]


def test_two_labs_of_one_home_may_copy_at_once(source, target):
    threads = [threading.Thread(target=copy_examples, args=(source, target)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert files(target) == {"first.ipynb", "maps/sst.ipynb"}
    assert not list(target.rglob(".copying-*"))
