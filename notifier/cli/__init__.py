"""`herald`, the command line.

Results go to stdout, talk to stderr. Exit codes: 0; 1, something is wrong with the input or the world, said on stderr
in one line for each fault; 2, wrong usage; 130, interrupted. What a command needs is imported when it runs, so that
help is quick.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and end the process with its exit code."""
    from notifier.cli.app import app
    from notifier.cli.faults import explain

    if not sys.warnoptions:
        warnings.simplefilter("ignore")  # those of libraries are for developers, and tests see them
    code, stdout = 0, sys.stdout
    try:
        app(args=None if arguments is None else list(arguments), prog_name="herald")
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except Exception as error:
        words = explain(error)
        if words is None:
            raise
        sys.stderr.write(f"{words}\n")
        code = 1
    sys.exit(
        0 if sys.stdout is not stdout else _flushed(code)
    )  # Typer puts another where the reader has left


def _flushed(code: int) -> int:
    """Who reads our output may leave before its end (`herald … | head`); that is no fault of the command."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code
