"""One AWS account in one region, as provisioning calls it: each call names what is done and what it needs."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError

from gluepot.aws.arn import arn, partition_of
from gluepot.aws.calling import client_of
from gluepot.aws.credentials import renewable, session_of
from gluepot.aws.faults import TakenError, error_of, is_missing, is_taken
from gluepot.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gluepot.aws.access import Access
    from gluepot.aws.credentials import Renewable


class SecretValue(Protocol):
    """A user and a password that are to be stored: found when they are needed, and never printed."""

    def value(self) -> tuple[str, str]:
        """Give user and password."""

    def at_hand(self) -> tuple[str, str] | None:
        """Give them where that takes neither asking nor another secret of Secrets Manager; else None."""


class Clients:
    """Clients of every service, with credentials that renew themselves.

    Args:
        access: How the account is reached, or credentials that renew themselves.
        region: The region of the plan.
        secret: User and password of the plan's source; None where it has none.
        tell: Is told what is waited for.
    """

    def __init__(
        self,
        access: Access | Renewable,
        region: str,
        secret: SecretValue | None = None,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.region = region
        self.partition = partition_of(region)
        self.secret = secret
        self.tell = tell
        self._credentials = renewable(access, region)
        self._session = session_of(self._credentials)
        self._made: dict[str, Any] = {}

    def __repr__(self) -> str:
        return f"Clients({self.region})"

    @cached_property
    def account(self) -> str:
        """The account's id, asked once.

        Raises:
            ScopeError: STS does not answer, or refuses the credentials.
        """
        return str(self.call("sts", "GetCallerIdentity", "*")["Account"])

    def client(self, service: str) -> Any:  # noqa: ANN401 - botocore ships no types
        """Give the client of a service."""
        if service not in self._made:
            self._made[service] = client_of(self._session, service, self.region)
        return self._made[service]

    def call(self, service: str, operation: str, on: str, **given: Any) -> dict[str, Any]:  # noqa: ANN401 - botocore's parameters
        """Call AWS.

        Args:
            service: botocore's name of the service.
            operation: The operation, as AWS spells it: `CreateJob`.
            on: The ARN that the permission is checked against.
            **given: The operation's parameters.

        Raises:
            TakenError: It creates what is there already.
            ScopeError: Denied, a quota, throttled out, unreachable; what is missing is named.
        """
        try:
            return dict(getattr(self.client(service), xform_name(operation))(**given))
        except (ClientError, BotoCoreError) as error:
            if is_taken(error):
                raise TakenError(operation) from error
            raise error_of(error, service, operation, on) from error

    def find(self, service: str, operation: str, on: str, **given: Any) -> dict[str, Any] | None:  # noqa: ANN401 - likewise
        """Call AWS for something that need not be there: None where it is not; otherwise as `call`."""
        try:
            return dict(getattr(self.client(service), xform_name(operation))(**given))
        except (ClientError, BotoCoreError) as error:
            if is_missing(error):
                return None
            raise error_of(error, service, operation, on) from error

    def arn(self, service: str, resource: str) -> str:
        """Write the ARN of something of this account in this region."""
        return arn(service, resource, region=self.region, account=self.account)

    def global_arn(self, service: str, resource: str) -> str:
        """Write the ARN of something that belongs to no region: of IAM, or S3, which leaves out the account too."""
        account = "" if service == "s3" else self.account
        return arn(service, resource, account=account, partition=self.partition)

    def secret_value(self) -> tuple[str, str]:
        """Give the source's user and password.

        Raises:
            ConfigError: The plan's reference leads nowhere, and nobody can be asked.
        """
        if self.secret is None:
            raise ConfigError("there is no secret to store", "the plan's source has none")
        return self.secret.value()
