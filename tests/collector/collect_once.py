"""One collection, as a program, for tests that kill it: `collect_once.py OUTPUT STATE END [COMPRESS]`."""

from __future__ import annotations

import sys

from gluepot.collector.collect import collect
from gluepot.config import from_mapping
from gluepot.errors import GluepotError


def main() -> int:
    """Collect, from the standing mark to the one given."""
    output, state, end, *more = sys.argv[1:]
    config = from_mapping({"regions": ["us-east-1"], "output_path": output, "hwm": state, "compress": bool(more)})
    try:
        return collect(config, end=end or None).exit_code
    except GluepotError as error:
        print(f"{type(error).__name__}: {error} | {error.hint}", file=sys.stderr)  # noqa: T201 - a program
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
