"""Several nodes in one ring, on 127.0.0.1, 127.0.0.2, ..., with the same ports as nodes of one cluster have."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Self

from gluepot_sandbox.cassandra.node import Node, free_ports


class Ring:
    """Nodes of one cluster; as a context manager they are stopped and their folders removed at the end.

    Args:
        nodes: The first is the seed; all have the first's password.
        folder: What holds their folders.
    """

    def __init__(self, nodes: list[Node], folder: Path) -> None:
        self.nodes = nodes
        self.folder = folder

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for node in reversed(self.nodes):
            node.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def ring(nodes: int = 2, *, heap: str = "512m") -> Ring:
    """Start nodes one after the other; each has joined the ring when the next begins.

    Raises:
        OutputError: One of them did not start.
    """
    folder = Path(tempfile.mkdtemp(prefix="gluepot-ring-"))
    port, storage_port = free_ports(2)
    made = Ring([], folder)
    try:
        for number in range(1, nodes + 1):
            place = folder / str(number)
            place.mkdir()
            seed = f"127.0.0.1:{storage_port}"
            host = f"127.0.0.{number}"
            node = Node(place, host, port, storage_port=storage_port, seed=seed, heap=heap, lean=True, is_ours=False)
            made.nodes.append(node)
            if number > 1:
                node.password = made.nodes[0].password
            node.run()
    except BaseException:
        made.__exit__()
        raise
    return made
