"""How a node is set up: its cassandra.yaml, its log, and the JVM's arguments."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

_EXPORTS: Final = (
    "java.base/jdk.internal.misc",
    "java.base/java.lang.ref",
    "java.base/sun.nio.ch",
    "java.management.rmi/com.sun.jmx.remote.internal.rmi",
    "java.management/com.sun.jmx.remote.security",
    "java.rmi/sun.rmi.registry",
    "java.rmi/sun.rmi.server",
    "java.sql/java.sql",
    "jdk.unsupported/sun.misc",
)
_OPENS: Final = (
    "java.base/java.io",
    "java.base/java.lang",
    "java.base/java.lang.module",
    "java.base/java.lang.reflect",
    "java.base/java.nio",
    "java.base/java.util",
    "java.base/jdk.internal.loader",
    "java.base/jdk.internal.math",
    "java.base/jdk.internal.module",
    "java.base/jdk.internal.ref",
    "java.base/jdk.internal.reflect",
    "java.base/jdk.internal.util.jar",
    "java.base/sun.nio.ch",
    "jdk.management/com.sun.management.internal",
)
"""What Cassandra opens on Java 17: its own conf/jvm17-server.options lists them."""

_LOG: Final = """\
<configuration>
  <appender name="out" class="ch.qos.logback.core.ConsoleAppender">
    <encoder><pattern>%d %-5level %logger{0} %msg%n</pattern></encoder>
  </appender>
  <root level="WARN"><appender-ref ref="out"/></root>
</configuration>
"""


RING_DELAY: Final = 10_000
"""Milliseconds that a node which joins waits for the others: for their state, at most twice as long, else it ends with
code 3; and for the schema, without which it would begin with roles of its own. A ring's first node waits for nobody.

https://github.com/apache/cassandra/blob/cassandra-5.0.6/src/java/org/apache/cassandra/gms/Gossiper.java
"""

_LEAN: Final = ("-Xms256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
"""Until CQL answers 14 s of processor time instead of 20 (measured), and half of the memory: code is compiled once."""

_FORGETFUL: Final = ("-Dcassandra.unsafesystem=true", "-Dcassandra.test.flush_local_schema_changes=false")
"""For a node that nobody starts again: schemas and rows are lost with a kill, and only then, as nothing but the flush
after each change of a schema or a system table is left out. It starts in five sixths of the time, and a keyspace with a
table takes 0.09 s of processor time instead of 0.23 s (measured)."""

_SMALL: Final = {"memtable_allocation_type": "unslabbed_heap_buffers"}
"""A small table takes what its rows take, not a megabyte: hundreds fit into the heap."""

_FAST: Final = ("-XX:+UseParallelGC", "-XX:ParallelGCThreads=2")
"""Small heaps on few cores: G1's concurrent marking takes a core of its own."""


def write(folder: Path, host: str, port: int, storage_port: int, seed: str, *, lean: bool) -> None:
    """Write the node's configuration into its folder.

    Args:
        folder: Where its data, its log and its configuration are.
        host: The address it listens on.
        port: Of CQL.
        storage_port: Between nodes.
        seed: `HOST:PORT` of the ring's first node.
        lean: Whether it stays small.
    """
    (folder / "logback.xml").write_text(_LOG, encoding="utf-8")
    configuration = _configuration(folder, host, port, storage_port, seed) | (_SMALL if lean else {})
    # JSON is YAML, and needs no library
    (folder / "cassandra.yaml").write_text(json.dumps(configuration, indent=2), encoding="utf-8")


def _configuration(folder: Path, host: str, port: int, storage_port: int, seed: str) -> dict[str, object]:
    return {
        "cluster_name": "gluepot",
        "partitioner": "org.apache.cassandra.dht.Murmur3Partitioner",
        "endpoint_snitch": "SimpleSnitch",
        "num_tokens": 16,
        "storage_port": storage_port,
        "native_transport_port": port,
        "start_native_transport": True,
        "listen_address": host,
        "rpc_address": host,
        "authenticator": "PasswordAuthenticator",
        "authorizer": "CassandraAuthorizer",
        "credentials_validity": "500ms",
        "permissions_validity": "0ms",  # what was granted is granted at once
        "seed_provider": [
            {"class_name": "org.apache.cassandra.locator.SimpleSeedProvider", "parameters": [{"seeds": seed}]}
        ],
        "data_file_directories": [str(folder / "data")],
        "commitlog_directory": str(folder / "commitlog"),
        "saved_caches_directory": str(folder / "caches"),
        "hints_directory": str(folder / "hints"),
        "cdc_raw_directory": str(folder / "cdc"),
        "commitlog_sync": "periodic",
        "commitlog_sync_period": "1000ms",
        "commitlog_segment_size": "8MiB",
        "auto_snapshot": False,
        "materialized_views_enabled": True,
        "user_defined_functions_enabled": True,
        "dynamic_data_masking_enabled": True,
        # a page that a slow machine answers late is not what the tests are about
        "read_request_timeout": "20000ms",
        "range_request_timeout": "30000ms",
        "write_request_timeout": "20000ms",
        "batch_size_fail_threshold": "5MiB",
        "batch_size_warn_threshold": "1MiB",
    }


def arguments(folder: Path, heap: str, *, lean: bool, forgets: bool = False, joins: bool = False) -> list[str]:
    """Give the JVM's arguments, the class path left out; no secret is among them.

    Args:
        folder: The node's folder, which `write` has filled.
        heap: Its heap at most, `512m` or `2g`.
        lean: Whether it starts quickly and stays small, rather than reaching its full speed later.
        forgets: Whether a kill may cost what it holds, since nobody starts it again.
        joins: Whether it joins a ring, rather than being the first.
    """
    opened = [f"--add-exports={module}=ALL-UNNAMED" for module in _EXPORTS]
    opened += [f"--add-opens={module}=ALL-UNNAMED" for module in _OPENS]
    return [
        *(_LEAN if lean else [f"-Xms{heap}", *_FAST]),
        *(_FORGETFUL if forgets else ()),
        f"-Xmx{heap}",
        "-Xss1m",
        "-XX:-UsePerfData",
        "-Djdk.attach.allowAttachSelf=true",
        "-Dio.netty.tryReflectionSetAccessible=true",
        "-Dio.netty.eventLoopThreads=4",
        *opened,
        f"-Dcassandra.config=file://{folder}/cassandra.yaml",
        f"-Dcassandra.storagedir={folder}",
        f"-Dlogback.configurationFile={folder}/logback.xml",
        "-Dcassandra-foreground=true",
        "-Dcassandra.skip_wait_for_gossip_to_settle=0",
        f"-Dcassandra.ring_delay_ms={RING_DELAY if joins else 1}",
        "-Dcassandra.superuser_setup_delay_ms=0",
        # the password is random: slow hashes would add nothing but 100 ms to each new connection
        "-Dcassandra.auth_bcrypt_gensalt_log2_rounds=4",
        "-Dcassandra.size_recorder_interval=10",
        "-Dcassandra.available_processors=4",
    ]
