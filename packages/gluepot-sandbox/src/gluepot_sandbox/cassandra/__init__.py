"""A real Apache Cassandra for the demo, the tests and the benchmarks: artefacts from Maven Central, Java 17, 127.0.0.1.

::

    from gluepot_sandbox import cassandra as server

    with server.start() as node:
        print(node.host, node.port, node.user)
"""

from gluepot_sandbox.cassandra.artefacts import unavailable
from gluepot_sandbox.cassandra.node import Node, start
from gluepot_sandbox.cassandra.ring import Ring, ring

__all__ = ["Node", "Ring", "ring", "start", "unavailable"]
