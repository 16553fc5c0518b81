"""Secrets that stand in AWS Secrets Manager, read with the credentials of the environment."""

from __future__ import annotations

from typing import Any

from gluepot.errors import ConfigError


def resolve(name: str) -> str:
    """Read a secret's text; what `gluepot.secret` asks for references `secretsmanager:NAME`.

    Raises:
        ConfigError: It cannot be read; the message names it, and what it holds never is in it.
    """
    from botocore.exceptions import BotoCoreError, ClientError, SSLError  # noqa: PLC0415 - botocore is slow to load

    from gluepot.aws.access import region_named  # noqa: PLC0415 - likewise, and it imports this
    from gluepot.aws.bodies import checked_session  # noqa: PLC0415 - likewise
    from gluepot.aws.calling import client_of  # noqa: PLC0415 - likewise
    from gluepot.aws.plainhttp import TLS_HINT  # noqa: PLC0415 - likewise
    from gluepot.aws.session import profile_session  # noqa: PLC0415 - likewise

    try:
        session = checked_session(profile_session(""))
        client = client_of(session, "secretsmanager", region_named() or None)
        answer: dict[str, Any] = client.get_secret_value(SecretId=name)
    except (ClientError, BotoCoreError) as error:
        hint = "allow secretsmanager:GetSecretValue on it, and set AWS_REGION to its region"
        hint = TLS_HINT if isinstance(error, SSLError) else hint
        raise ConfigError(f"cannot resolve the secret secretsmanager:{name}", str(error), hint) from None
    text = answer.get("SecretString")
    if not isinstance(text, str):
        raise ConfigError(f"cannot resolve the secret secretsmanager:{name}", "it holds bytes, not text")
    return text
