import subprocess
import sys

import pytest

from gaia_vre.catalog.engine.cql2_text import parse_text
from gaia_vre.core.errors import InvalidInput


def test_a_filter_becomes_json() -> None:
    assert parse_text("cover < 10 AND title LIKE 'a%'") == {
        "op": "and",
        "args": [
            {"op": "<", "args": [{"property": "cover"}, 10]},
            {"op": "like", "args": [{"property": "title"}, "a%"]},
        ],
    }


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a b c", id="nonsense"),
        pytest.param("", id="nothing"),
        pytest.param("a = 'x", id="an open text"),
        pytest.param("(" * 3000 + "a=1" + ")" * 3000, id="nested too deep"),
        pytest.param("a = 1 AND " * 1001 + "a = 1", id="too long"),
        pytest.param("a\0 = 1", id="NUL"),
    ],
)
def test_what_is_no_filter_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"^filter: "):
        parse_text(text)


@pytest.mark.parametrize(
    "text", ["NOT " * 2400 + "a=1", "f(" * 20 + "1" + ")" * 20, "-" * 9000 + "1", "(" * 2000, "[" * 9000, "a=" * 4000]
)
def test_no_text_ends_the_process(text: str) -> None:
    code = (
        "import sys; from gaia_vre.catalog.engine.cql2_text import parse_text\n"
        "from gaia_vre.core.errors import InvalidInput\n"
        "try:\n    parse_text(sys.argv[1])\n"
        "except InvalidInput:\n    pass"
    )
    assert subprocess.run([sys.executable, "-c", code, text], check=False, timeout=20).returncode == 0
