import pytest

from notifier.demo.mail import FOLDER, Mailbox


@pytest.fixture
def demo_home(settings, tmp_path):
    """This process is in a demo home of its own."""
    settings.HERALD_DEMO = True
    settings.HERALD_HOME = tmp_path
    settings.FEED_FOLDER = tmp_path / "feeds"
    settings.ROOT_URLCONF = "tests.notifier.demo.urls"
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "notifier.demo.middleware.DemoAdmin"]
    return tmp_path


@pytest.fixture
def mailbox(demo_home):
    found = Mailbox(demo_home / FOLDER)
    found.repair()
    return found
