"""Secrets: a value or a reference to one, which never prints, pickles or encodes as itself.

References are `env:NAME`, `file:PATH` and `secretsmanager:NAME#field`. They are resolved when the secret is
used, not when the configuration is read: commands that need no secret work where there is none.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

import msgspec

from gluepot.errors import ConfigError
from gluepot.host import capped

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MASK: Final = "***"
"""What every secret looks like from outside."""

SCHEMES: Final = ("env", "file", "secretsmanager")
"""The schemes of references, in the order the documentation lists them."""

Resolver = Callable[[str], str]
"""Gives the text of an AWS Secrets Manager secret by its name or ARN."""

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)


class Secret:
    """A secret value, or where to find it.

    Args:
        text: The value itself, or a reference.
        environ: Where `env:` references are looked up; the process's environment when not given.
    """

    __slots__ = ("__environ", "__text")

    def __init__(self, text: str, environ: Mapping[str, str] | None = None) -> None:
        """Keep the text; nothing is looked up yet."""
        self.__text = text
        self.__environ = environ

    @property
    def scheme(self) -> str:
        """What stands before the first colon where that looks like a scheme, in lower case; else empty."""
        found = _SCHEME.match(self.__text)
        return found[1].lower() if found else ""

    @property
    def reference(self) -> str:
        """The reference as it was written, for messages; empty where the value itself was written."""
        return self.__text if self.scheme in SCHEMES else ""

    def is_clean(self) -> bool:
        """Tell whether the text is one that a header, a file name or an environment could hold."""
        return self.__text.isprintable()

    def reveal(self, resolver: Resolver | None = None) -> str:
        """Give the value, following the reference where there is one.

        Args:
            resolver: Reads AWS Secrets Manager; only `secretsmanager:` references need it.

        Raises:
            ConfigError: The reference leads nowhere; it is named, what it holds never is.
        """
        target = self.__text.partition(":")[2]
        match self.scheme:
            case "env":
                value = _from_environment(target, self.__environ)
            case "file":
                value = _from_file(target)
            case "secretsmanager":
                value = _from_secrets_manager(target, resolver)
            case _:
                return self.__text
        if not value:
            raise _unresolved(self.__text, "what it points to is empty", "put the secret there")
        return value

    def __repr__(self) -> str:
        return MASK

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self.__text == other.__text  # the mangled name is this class's own

    def __hash__(self) -> int:
        return hash((Secret, self.__text))

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, _memo: object) -> Secret:
        return self

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        raise TypeError("a secret is not pickled: pass the reference (env:, file:, secretsmanager:) instead")


def secrets_of(value: object, at: str = "") -> Iterator[tuple[str, Secret]]:
    """Find every secret in a struct and in the structs and tuples within it, with the key that it stands under."""
    if isinstance(value, Secret):
        yield at, value
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from secrets_of(getattr(value, name), f"{at}.{name}" if at else name)
    elif isinstance(value, tuple):
        for number, item in enumerate(value):
            yield from secrets_of(item, f"{at}[{number}]")


def mask_secrets(value: object) -> str:
    """Encode a secret as `***`; the `enc_hook` for `msgspec.to_builtins` and `msgspec.json.encode`.

    Raises:
        NotImplementedError: Something other than a secret came; msgspec asks hooks to answer so.
    """
    if isinstance(value, Secret):
        return MASK
    raise NotImplementedError(f"cannot encode {type(value).__name__}")


def _from_environment(name: str, environ: Mapping[str, str] | None) -> str:
    value = (os.environ if environ is None else environ).get(name)
    if value is None:
        raise _unresolved(f"env:{name}", f"the environment variable {name!r} is not set", f"export {name}=...")
    return value


def _from_file(path: str) -> str:
    try:
        text = capped.read(Path(path).expanduser(), capped.SECRET).decode("utf-8-sig")
    except (OSError, RuntimeError, ValueError) as error:
        # UnicodeDecodeError is a ValueError that carries the whole secret: only its kind is told, and it is not chained
        why = (error.strerror or "it cannot be read") if isinstance(error, OSError) else "it is not UTF-8 text"
        raise _unresolved(f"file:{path}", why, "give a readable file that holds only the secret") from None
    return text.removesuffix("\n").removesuffix("\r")


def _from_secrets_manager(target: str, resolver: Resolver | None) -> str:
    reference = f"secretsmanager:{target}"
    name, _, field = target.partition("#")
    if not name:
        raise _unresolved(reference, "it names no secret", "write secretsmanager:NAME or secretsmanager:NAME#field")
    if resolver is None:
        raise _unresolved(reference, "AWS Secrets Manager is not at hand here", "use env:NAME or file:PATH")
    return _pick(resolver(name), field, reference) if field else resolver(name)


def _pick(text: str, field: str, reference: str) -> str:
    """Take one field of a secret that is a JSON object, without ever quoting it."""
    try:
        fields = msgspec.json.decode(text, type=dict[str, object])
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        why = "the secret is not a JSON object, so it has no fields"
        raise _unresolved(reference, why, "leave out the #field, or store the secret as JSON") from None
    value = fields.get(field)
    if not isinstance(value, str):
        why = f"the secret has no text field {field!r}"
        raise _unresolved(reference, why, "name a field that the secret has; gluepot does not list them")
    return value


def _unresolved(reference: str, why: str, hint: str) -> ConfigError:
    return ConfigError(f"cannot resolve the secret {reference}", why, hint)
