"""The store of `notifier.bench.store`, a program: makes the newsroom, its releases and its feeds in HERALD_HOME."""

from __future__ import annotations

import sys
from pathlib import Path

from config import environment


def main(releases: int) -> None:
    """Takes made-up releases in, as an import does, and carries them on to the feeds."""
    environment.prepare_home(environment.home_of_this_process())
    environment.load_django()
    from django.conf import settings

    from config import clock
    from feeds import intake, membership, notice, publisher
    from feeds.models import Source
    from notifier import installation
    from notifier.bench import data

    now = clock.now()
    installation.prepare(now)
    source = Source.objects.first()
    assert source is not None, "a newsroom that ships without a source"
    intake.take_in(data.releases(releases), source, now, announce=False)
    notice.take(now)
    membership.keep(now)
    publisher.publish(Path(settings.FEED_FOLDER), now)


if __name__ == "__main__":
    main(int(sys.argv[1]))
