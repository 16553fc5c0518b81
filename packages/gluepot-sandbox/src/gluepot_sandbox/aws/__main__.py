"""`python -m gluepot_sandbox.aws`: the emulated AWS as a process of its own."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

import msgspec

from gluepot_sandbox.aws.settings import Settings


def main() -> None:
    """Serve until SIGTERM, or until standard input ends where that is asked for."""
    parser = argparse.ArgumentParser(prog="python -m gluepot_sandbox.aws", description="An emulated AWS for gluepot.")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--settings", type=Path, help="JSON file of settings")
    parser.add_argument("--watch-stdin", action="store_true", help="stop when standard input ends")
    options = parser.parse_args()
    settings = msgspec.json.decode(options.settings.read_bytes(), type=Settings) if options.settings else Settings()

    from gluepot_sandbox.aws.server import serve  # noqa: PLC0415 - lazy: a wrong option is told before aiohttp is loaded

    asyncio.run(serve(settings, options.port, watch_stdin=options.watch_stdin))


if __name__ == "__main__":
    main()
