from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.notifier.drills.kit import Nursery, a_nursery, database_url
from tests.notifier.mailing import transactional_db  # noqa: F401 - a fixture


@pytest.fixture(scope="session")
def _the_nursery(django_db_setup: None) -> Iterator[Nursery]:
    with a_nursery(database_url()) as nursery:
        yield nursery


@pytest.fixture
def nursery(_the_nursery: Nursery, transactional_db: None) -> Iterator[Nursery]:  # noqa: F811 - the fixture itself
    """Begun once for all drills; after a test nothing that it started lives, and then the database is emptied."""
    yield _the_nursery
    _the_nursery.clear()
