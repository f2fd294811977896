"""The shipped terms, and a source."""

import tomllib
from datetime import timedelta

import pytest
from django.conf import settings

from feeds.models import (
    Office,
    ReleaseType,
    Topic,
)
from tests.feeds.intake.kit import NOW, make_source


@pytest.fixture
def terms():
    """The offices, topics and types that ship."""
    for name, model in (("offices", Office), ("topics", Topic), ("newsroom", ReleaseType)):
        rows = tomllib.loads((settings.ROOT / "config/defaults" / f"{name}.toml").read_text("utf-8"))
        known = {field.name for field in model._meta.fields} - {"broader"}
        model.objects.bulk_create(
            model(**{name: value for name, value in row.items() if name in known})
            for row in rows[model.__name__.lower().removeprefix("release")]
        )


@pytest.fixture
def source(terms):
    """A source whose first fetch is over."""
    return make_source("newsroom", first_complete_at=NOW - timedelta(days=1))
