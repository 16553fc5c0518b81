"""The demo: the whole flow of loading and collecting in a sandbox, told by running commands, and checked as it goes.

::

    from pathlib import Path

    from gluepot_sandbox.demo import told

    with told(Path("gluepot-demo")) as demo:
        print(demo.exit_code)
"""

from gluepot_sandbox.demo.story import told

__all__ = ["told"]
