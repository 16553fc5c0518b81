"""What a job's role reads from the emulated S3, as far as it may."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

from gluepot_sandbox.aws import roles


class ModulesError(Exception):
    """What keeps a run from starting: its message, and what is logged."""

    def __init__(self, message: str, *lines: str) -> None:
        super().__init__(message)
        self.message = message
        self.lines = lines or (message,)


@dataclass(frozen=True, slots=True)
class Objects:
    """The objects of an account, for a role.

    Args:
        account: The account.
        role: moto's role.
        arn: Its ARN.
    """

    account: str
    role: Any
    arn: str

    def read(self, url: str) -> bytes:
        """Read an object.

        Raises:
            ModulesError: It is not there, or the role may not read it.
        """
        bucket, _, key = url.removeprefix("s3://").partition("/")
        resource = f"arn:aws:s3:::{bucket}/{key}"
        if not roles.may(self.role, "s3:GetObject", resource):
            raise ModulesError(
                f"User: {self.arn} is not authorized to perform: s3:GetObject on resource: {resource} because no "
                "identity-based policy allows the s3:GetObject action"
            )
        found = self._find(bucket, key)
        if found is None:
            raise ModulesError(f"The specified key does not exist. ({url})")
        return bytes(found.value)

    def _find(self, bucket: str, key: str) -> Any:  # noqa: ANN401 - moto ships no types
        models = sys.modules.get("moto.s3.models")
        if models is None:
            return None
        backend = models.s3_backends[self.account]["aws"]
        return backend.get_object(bucket, key) if bucket in backend.buckets else None
