"""What the command line prints holds no credential: none that looks like one, and no secret of the files at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gluepot.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gluepot.mask.credentials import Redactor
    from gluepot.secret import Secret

_known: list[object] = []
_made: list[Redactor] = []


def remember(secrets: object) -> None:
    """Keep the secrets in a configuration or a plan file out of whatever is printed from here on."""
    _known.append(secrets)
    _made.clear()


def forget() -> None:
    """Forget the secrets of a command, where a process runs another one."""
    _known.clear()
    _made.clear()


def redacted(text: str) -> str:
    """Hide credentials in a text: whatever looks like one, and the secrets that are known by name."""
    return redactor().redact(text)


def redacted_value(name: str, value: str) -> str:
    """Hide a value whole where its name says that it is a secret, else what is secret in it."""
    return redactor().redact_value(name, value)


def redacted_json(value: Any) -> Any:  # noqa: ANN401 - what JSON holds
    """Hide credentials in decoded JSON, the values of objects by their names."""
    return redactor().redact_json(value)


def redactor() -> Redactor:
    """Give the redactor that knows what is known by now; secrets are revealed once."""
    from gluepot.mask.credentials import Redactor  # noqa: PLC0415 - lazy: start-up

    if not _made:
        _made.append(Redactor(secret for config in _known for secret in _revealed(config)))
    return _made[0]


def _revealed(value: object) -> Iterator[str]:
    """Give every secret that this machine knows; those in Secrets Manager are not fetched for this."""
    from gluepot.secret import Secret  # noqa: PLC0415 - lazy: start-up

    if isinstance(value, Secret):
        yield from _reveal(value)
    elif isinstance(value, tuple):
        for item in value:
            yield from _revealed(item)
    elif hasattr(value, "__struct_fields__"):
        for field in value.__struct_fields__:
            yield from _revealed(getattr(value, field))


def _reveal(secret: Secret) -> Iterator[str]:
    try:
        yield secret.reveal()
    except ConfigError:
        return  # it leads nowhere, so nothing of it can be printed
