"""Astra's own parts in front of a local node, so that the driver's cloud path really runs: for tests and the demo.

::

    from gluepot_sandbox import astra as standin, cassandra as server

    with server.start() as node, standin.start(node, keyspaces=["shop"]) as astra:
        Source(database=astra.database, token=Secret(astra.token), devops_url=astra.devops_url)  # the bundle is fetched
        Source(bundle=str(astra.bundle_path), token=Secret(astra.token))  # or taken from a file
"""

from gluepot_sandbox.astra.astra import Astra, start

__all__ = ["Astra", "start"]
