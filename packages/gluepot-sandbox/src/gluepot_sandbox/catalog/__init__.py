"""The sandbox's catalog: what it holds, made and changed by the clients that make real ones.

::

    from gluepot_sandbox import catalog

    with catalog.doing("create", aws) as finish:
        ...  # something else that takes its time
        finish()
"""

from gluepot_sandbox.catalog.process import doing

__all__ = ["doing"]
