import pytest

from tests.notifier.replies.kit import ADDRESS


@pytest.fixture(autouse=True)
def _return_path(settings):
    settings.BOUNCE_ADDRESS = ADDRESS
