"""Secrets that stand in AWS Secrets Manager, read with the credentials of the environment."""

from __future__ import annotations

from typing import Any

from gluepot.errors import ConfigError


def resolve(name: str) -> str:
    """Read a secret's text; what `gluepot.secret` asks for references `secretsmanager:NAME`.

    Raises:
        ConfigError: It cannot be read; the message names it, and what it holds never is in it.
    """
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - botocore is slow to load
    from botocore.session import Session  # noqa: PLC0415 - likewise

    from gluepot.aws.bodies import checked_session  # noqa: PLC0415 - likewise
    from gluepot.aws.calling import client_of  # noqa: PLC0415 - likewise

    try:
        answer: dict[str, Any] = client_of(checked_session(Session()), "secretsmanager").get_secret_value(SecretId=name)
    except (ClientError, BotoCoreError) as error:
        hint = "allow secretsmanager:GetSecretValue on it, and set AWS_REGION to its region"
        raise ConfigError(f"cannot resolve the secret secretsmanager:{name}", str(error), hint) from None
    text = answer.get("SecretString")
    if not isinstance(text, str):
        raise ConfigError(f"cannot resolve the secret secretsmanager:{name}", "it holds bytes, not text")
    return text
