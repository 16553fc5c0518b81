"""A real Apache Cassandra for the demo, the tests and the benchmarks: artefacts from Maven Central, Java 17, 127.0.0.1.

::

    from gluepot.cassandra import server

    with server.start() as node:
        print(node.host, node.port, node.user)
"""

from gluepot.cassandra.server.artefacts import unavailable
from gluepot.cassandra.server.node import Node, start
from gluepot.cassandra.server.ring import Ring, ring

__all__ = ["Node", "Ring", "ring", "start", "unavailable"]
