"""`python -m gluepot_sandbox.catalog create|change`: fill or change the catalog that the environment leads to.

It is a process of its own: its libraries load while Cassandra starts, and what they log and warn about stays in it.
"""

from __future__ import annotations

import argparse
import os

from gluepot_sandbox.aws import Emulator
from gluepot_sandbox.catalog import tables


def main() -> None:
    """Do what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m gluepot_sandbox.catalog", description="The sandbox's catalog.")
    parser.add_argument("action", choices=("create", "change"))
    action = tables.create if parser.parse_args().action == "create" else tables.change
    action(Emulator(None, os.environ["AWS_ENDPOINT_URL"]))


if __name__ == "__main__":
    main()
