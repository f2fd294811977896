"""References of `notifier.bench.send`, a program: at each line of stdin, such as `django 500 28000`, sends so many
messages of so many bytes by Django's SMTP backend, or by aiosmtplib over a few connections.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable, Mapping

import aiosmtplib
from django.core.mail import EmailMultiAlternatives, get_connection

from config import environment

POOL = 8  # connections of aiosmtplib; more do not help it
SENDER = "news@example.org"
TEXT = "Border guards of one region train with those of the next, and what they have learnt is told to all. "


def django(messages: int, size: int, port: int) -> None:
    """Text and HTML are rendered already; each message is put together and sent as Django does it."""
    text, html = _bodies(size)
    backend = get_connection("django.core.mail.backends.smtp.EmailBackend", host="127.0.0.1", port=port)
    backend.send_messages(
        [
            EmailMultiAlternatives(
                "Two new releases", text, SENDER, [_person(number)], alternatives=[(html, "text/html")]
            )
            for number in range(messages)
        ]
    )


def bare(messages: int, size: int, port: int) -> None:
    """Constant bytes by `sendmail`, over a pool of connections that stay open."""
    text, html = _bodies(size)
    body = (
        EmailMultiAlternatives("Two new releases", text, SENDER, [], alternatives=[(html, "text/html")])
        .message()
        .as_bytes(linesep="\r\n")
    )

    async def line(numbers: range) -> None:
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port) as client:
            for number in numbers:
                await client.sendmail(SENDER, [_person(number)], body)

    async def all_lines() -> None:
        await asyncio.gather(*(line(range(first, messages, POOL)) for first in range(POOL)))

    asyncio.run(all_lines())


WAYS: Mapping[str, Callable[[int, int, int], None]] = {"django": django, "aiosmtplib": bare}


def main(port: int) -> None:
    """One line of JSON for each line of stdin."""
    environment.load_django()
    for line in sys.stdin:
        name, messages, size = line.split()
        used, began = time.process_time(), time.perf_counter()
        WAYS[name](int(messages), int(size), port)
        seconds, cpu = time.perf_counter() - began, time.process_time() - used
        answer = {"rate": int(messages) / seconds, "cpu_us": cpu / int(messages) * 1e6}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _bodies(size: int) -> tuple[str, str]:
    """Text and HTML that make some `size` bytes together."""
    paragraph = TEXT * 4
    html = "".join(
        f'<p style="margin:0 0 16px">{paragraph}</p>\n' for _ in range(size // (2 * len(paragraph)))
    )
    return (paragraph + "\n") * (size // (2 * len(paragraph))), html


def _person(number: int) -> str:
    return f"person{number}@domain{number % 2000}.example.org"


if __name__ == "__main__":
    main(int(sys.argv[1]))
