"""How an account is reached, as plain values: they cross to the reading process, which alone loads botocore."""

from __future__ import annotations

import msgspec


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One role to assume: its ARN, external id ('' for none) and session length in seconds (0: default)."""

    arn: str
    external_id: str = ""
    seconds: int = 0

    def __repr__(self) -> str:
        """Show nothing that is secret."""
        return f"Step({self.arn})"


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """How one account is reached; its secrets are plain text, so it is never printed or logged."""

    key: str = ""
    secret: str = ""
    profile: str = ""
    steps: tuple[Step, ...] = ()

    def __repr__(self) -> str:
        """Show nothing that is secret."""
        return f"Access(profile={self.profile!r}, roles={[step.arn for step in self.steps]})"
