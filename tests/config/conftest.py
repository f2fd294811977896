from __future__ import annotations

import pytest

from config import revisions
from tests.config.samples import NOW, shipped


@pytest.fixture
def newsroom(db: None) -> None:
    """The small newsroom, as revision 1."""
    revisions.apply(shipped(), "start", "start", now=NOW)
