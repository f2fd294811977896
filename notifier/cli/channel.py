"""Stop and resume: a person decides that no mail leaves."""

from __future__ import annotations

from notifier.cli.base import out


def stop() -> None:
    """Let no further mail begin until `herald resume`. Feeds go on; what is due is planned and waits."""
    from config import clock
    from notifier import channel

    done = channel.stop("command:stop", "command", clock.now())
    out("stopped: no message begins until `herald resume`" if done else "it was stopped already")


def resume() -> None:
    """Let mail leave again. What waited is sent; nothing is lost or sent twice."""
    from config import clock
    from notifier import channel

    done = channel.resume("command:resume", "command", clock.now())
    out("resumed" if done else "it was not stopped")
