"""`herald demo`: make or take up a demo home, then run everything in it.

    claim -> mark -> Django -> build, the first time -> catcher, web, scheduler, worker under one parent

The mark is there before settings are loaded, so that no setting of the environment can lead outside.
"""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from functools import partial

from config import demo, environment
from notifier.cli.base import say
from notifier.demo import catcher, homes
from notifier.demo.mail import FOLDER


def start(bare: bool, fresh: bool) -> None:
    """Run the demo until SIGTERM or Ctrl-C, then leave with the exit code. Raises Fault and PortTaken."""
    began = time.monotonic()
    home = environment.home_of_this_process().resolve()
    claimed = homes.claim(home)
    mark = homes.prepare(home, bare, fresh)
    mailing = catcher.listen(mark.smtp_port)
    environment.prepare_home(home)
    mark = replace(mark, smtp_port=mailing.getsockname()[1], web_port=environment.read().herald_port)
    demo.write(home, mark)
    environment.load_django()

    from django.conf import settings  # each of these needs the settings

    from config import clock
    from notifier import installation, processes
    from notifier.demo import building
    from notifier.supervisor import Child, Supervisor
    from notifier.web import listen

    listening = listen(settings.HERALD_BIND, settings.HERALD_PORT)
    installation.prepare(clock.now())
    if not mark.complete:
        building.build(mark, clock.now(), say)
        demo.write(home, replace(mark, complete=True))
    children = [
        Child("catcher", partial(catcher.run, home / FOLDER, mailing)),
        *processes.everything(listening),
    ]
    say(f"Ready after {time.monotonic() - began:.1f} s. Its mail never leaves this machine. Ctrl-C ends it.")
    say(f"Open {settings.BASE_URL}/demo")
    logging.getLogger("herald.access").setLevel(
        logging.WARNING
    )  # a line for each look at a page hides the rest
    code = Supervisor(children).run()
    claimed.close()
    raise SystemExit(code)
