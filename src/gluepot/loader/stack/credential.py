"""The user and password of a plan's source: found when they are needed, asked for where they are not, never printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gluepot.aws.secrets import resolve
from gluepot.cassandra.source import TOKEN_USER
from gluepot.errors import ConfigError
from gluepot.secret import MASK

if TYPE_CHECKING:
    from collections.abc import Callable

    from gluepot.loader.core.planfile import SourceSection
    from gluepot.secret import Secret


class Credential:
    """What the secret holds.

    Args:
        user: The user.
        secret: The password or token, or where it is.
        ask: Asks somebody for it, hidden; None where nobody can be asked.
    """

    def __init__(self, user: str, secret: Secret, ask: Callable[[str], str] | None = None) -> None:
        self.user = user
        self._secret = secret
        self._ask = ask
        self._asked = ""

    def __repr__(self) -> str:
        return f"Credential({self.user}, {MASK})"

    def at_hand(self) -> tuple[str, str] | None:
        """Give user and password where that takes neither asking nor another secret of Secrets Manager; else None."""
        try:
            return self.user, self._asked or self._secret.reveal()
        except ConfigError:
            return None

    def value(self) -> tuple[str, str]:
        """Give user and password, asking where the reference leads nowhere.

        Raises:
            ConfigError: The reference leads nowhere, and nobody can be asked.
        """
        if not self._asked:
            try:
                return self.user, self._secret.reveal(resolve)
            except ConfigError:
                if self._ask is None:
                    raise
            self._asked = self._ask(f"{'token' if self.user == TOKEN_USER else 'password'} of the source")
        if not self._asked:
            raise ConfigError(
                "there is no secret to store", "nothing was entered", "run it again, or set the reference"
            )
        return self.user, self._asked


def credential_of(source: SourceSection, ask: Callable[[str], str] | None = None) -> Credential | None:
    """Take the credential out of a plan's source; None where the source asks for none."""
    return Credential(source.login, source.secret, ask) if source.secret is not None else None
