import re
from pathlib import Path
from typing import get_args

import yaml

from gaia_vre.catalog.harvest.contract import Kind, Source
from gaia_vre.catalog.harvest.reference import sources_reference
from gaia_vre.catalog.harvest.sources import HARVESTERS, configured_sources

PAGE = Path(__file__).parents[3] / "hub_config" / "sources.md"


def test_the_reference_lists_every_key_as_it_is() -> None:
    hint = "run: python -m gaia_vre.catalog.harvest.reference > hub_config/sources.md"
    assert PAGE.read_text() == sources_reference(), hint


def test_the_example_is_a_file_of_sources(tmp_path: Path) -> None:
    example = re.search(r"```yaml\n(.*?)```", sources_reference(), re.DOTALL)[1]
    (tmp_path / "sources.yaml").write_text(example)
    assert len(configured_sources(tmp_path / "sources.yaml")) == len(yaml.safe_load(example)["sources"])


def test_every_kind_has_its_line_and_its_harvester() -> None:
    for kind in get_args(Kind):
        assert f"| `{kind}` |" in sources_reference()
        assert kind == "folder" or kind in HARVESTERS


def test_every_key_of_a_source_is_described() -> None:
    assert all(field.description for field in Source.model_fields.values())
