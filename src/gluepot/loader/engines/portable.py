"""A plan file on its way to other machines: it takes references to secrets along, and never a secret.

What travels to a cluster is written to its disks, kept by its history server and read by whoever looks after it: task
binaries and broadcast variables lie in Spark's block store, settings and arguments in its event log. So a process that
needs a secret resolves the plan's reference itself, with what it finds where it runs: `secretsmanager:` with the
credentials of its role, `env:` and `file:` with what the cluster's owner has put there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from gluepot.errors import ConfigError
from gluepot.loader.plan import readfile
from gluepot.secret import Secret, secrets_of

if TYPE_CHECKING:
    from gluepot.loader.core.planfile import PlanFile


def encode(file: PlanFile) -> bytes:
    """Write a plan file as JSON, each secret as the reference that it is.

    Raises:
        ConfigError: A secret is written out in it.
    """
    written_out = [at for at, secret in secrets_of(file) if not secret.reference]
    if written_out:
        raise ConfigError(
            f"{' and '.join(written_out)} cannot leave this machine: the secret itself is written in the plan file",
            "other machines are told where a secret is, never what it is",
            "write secretsmanager:NAME#FIELD, or env:NAME or file:PATH of the machines that read the source",
        )
    return msgspec.json.encode(file, enc_hook=_reference)


def decode(body: bytes, name: str = "the plan") -> PlanFile:
    """Read what `encode` wrote, or what somebody else wrote as a plan file in JSON.

    Args:
        body: The JSON.
        name: What it is called in messages.

    Raises:
        ConfigError: It is none.
    """
    try:
        mapping = msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeError) as error:
        # what the error quotes of the body is its path, never its text
        raise ConfigError(f"{name} is not a plan file in JSON", str(error), "see: gluepot load schema") from None
    return readfile.from_mapping(mapping, name)


def _reference(value: object) -> str:
    if isinstance(value, Secret):
        return value.reference
    raise NotImplementedError(f"cannot encode {type(value).__name__}")
