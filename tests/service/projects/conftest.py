from __future__ import annotations

import pytest

from tests.service.conftest import World
from tests.service.projects.heat import API


@pytest.fixture
def heat(any_world: World) -> World:
    """Ada's project, of which bob is editor."""
    ada = any_world.program()
    assert ada.post(API, json={"title": "Ocean heat", "slug": "heat"}).status_code == 201
    assert ada.put(f"{API}/heat/members/bob", json={"role": "editor"}).status_code == 200
    return any_world
