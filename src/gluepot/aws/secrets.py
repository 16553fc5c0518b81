"""Secrets that stand in AWS Secrets Manager, read with the credentials of the environment."""

from __future__ import annotations


def resolve(name: str) -> str:
    """Read a secret's text; what `gluepot.secret` asks for references `secretsmanager:NAME`.

    Raises:
        ConfigError: It cannot be read; the message names it, and what it holds never is in it.
    """
    from gluepot.aws.session import read_secret  # noqa: PLC0415 - botocore is slow to load

    return read_secret(name)
