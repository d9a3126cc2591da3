"""The `fileport` command."""

import os
import sys
from collections.abc import Mapping, Sequence

from service.command_line import parse


def main(arguments: Sequence[str] | None = None, environ: Mapping[str, str] | None = None) -> int:
    """Run one command. Return its exit status: 0 success, 1 failure, 2 wrong arguments; `fsck` has its own."""
    options = parse(arguments)
    from service.commands import run  # noqa: PLC0415 - help, and wrong arguments, need not wait for all of the service

    return run(options, os.environ if environ is None else environ)


if __name__ == "__main__":
    sys.exit(main())
