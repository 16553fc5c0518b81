"""Where Cassandra or Astra is, and what gives access: what a connection takes, and the source of a plan file."""

# No `from __future__ import annotations`: msgspec reads the annotations when the classes are built.

from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from gluepot.secret import Secret

TOKEN_USER: Final = "token"  # noqa: S105 - the literal user name
"""The user that Astra's tokens go with."""


class Tls(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """TLS to Cassandra."""

    ca: Annotated[
        str, Meta(description="PEM file of the authority that signed the nodes; the system's if left out.")
    ] = ""
    cert: Annotated[str, Meta(description="PEM file of the client's certificate, where the nodes ask for one.")] = ""
    key: Annotated[str, Meta(description="PEM file of the client's key.")] = ""
    verify: Annotated[bool, Meta(description="Whether a node's certificate must name its host.")] = True


class Source(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the cluster is: Cassandra (`contact_points`) or Astra (`database` with `token`, or `bundle`)."""

    keyspace: Annotated[str, Meta(description="The keyspace that is meant; a connection asks for none.")] = ""
    contact_points: Annotated[tuple[str, ...], Meta(description="Cassandra: hosts to begin with.")] = ()
    port: Annotated[int, Meta(description="Cassandra: the port of CQL.", ge=1, le=65535)] = 9042
    user: Annotated[str, Meta(description="Cassandra: the user.")] = ""
    password: Annotated[
        Secret | None,
        Meta(
            description="Cassandra: the password. May be a reference: env:NAME, file:PATH, secretsmanager:NAME#field."
        ),
    ] = None
    datacenter: Annotated[str, Meta(description="Cassandra: the data centre whose nodes are asked.")] = ""
    tls: Annotated[bool | Tls, Meta(description="Cassandra: TLS; true for the system's authorities.")] = False
    database: Annotated[str, Meta(description="Astra: name or id of the database.")] = ""
    region: Annotated[str, Meta(description="Astra: the region; the first if left out.")] = ""
    token: Annotated[
        Secret | None,
        Meta(description="Astra: the token. May be a reference; a secret {user, password} will do."),
    ] = None
    bundle: Annotated[
        str, Meta(description="Astra: the secure connect bundle; fetched with the token if left out.")
    ] = ""
    devops_url: Annotated[str, Meta(description="Astra: the DevOps API's address.")] = ""
    consistency: Annotated[
        Literal["ONE", "LOCAL_ONE", "LOCAL_QUORUM", "QUORUM", "ALL"], Meta(description="Consistency of reads.")
    ] = "LOCAL_QUORUM"

    @property
    def is_astra(self) -> bool:
        """Whether it is Astra."""
        return bool(self.token or self.bundle or self.database)

    @property
    def login(self) -> str:
        """The user, where its secret names none; empty where none is asked for."""
        return TOKEN_USER if self.is_astra else self.user

    @property
    def secret(self) -> Secret | None:
        """What the user is believed by."""
        return self.token if self.is_astra else self.password

    @property
    def certificates(self) -> Tls:
        """What TLS takes, where there is any."""
        return self.tls if isinstance(self.tls, Tls) else Tls()

    @property
    def name(self) -> str:
        """Its name for people and for plans; it holds no secret."""
        if self.is_astra:
            region = f"/{self.region}" if self.region else ""
            return f"astra {self.database or Path(self.bundle).name}{region}"
        return f"cassandra {','.join(self.contact_points)}:{self.port}"
