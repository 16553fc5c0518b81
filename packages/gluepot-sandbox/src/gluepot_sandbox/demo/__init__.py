"""The demo: the whole flow of the collector on an embedded AWS, in one folder, checked as it goes.

::

    from gluepot_sandbox.demo import main

    exit_code = main()
"""

from gluepot_sandbox.demo.story import main

__all__ = ["main"]
