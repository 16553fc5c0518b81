"""What content a configuration asks for: where that changes, a landing has something else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from gluepot.config.model import Globs

if TYPE_CHECKING:
    from gluepot.config import Config


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """The keys of a configuration that decide what its extracts hold; none of them is a secret."""

    mask: bool = False
    formats: tuple[str, ...] = ("k",)
    databases: Globs = Globs()
    tables: Globs = Globs()
    shared: str = "auto"

    @classmethod
    def of(cls, config: Config) -> Asked:
        """Take them out of a configuration; order, case and repetition are no difference."""
        return cls(
            mask=config.mask,
            formats=tuple(sorted(config.formats)),
            databases=_plain(config.databases),
            tables=_plain(config.tables),
            shared=config.shared,
        )

    def unlike(self, before: Asked) -> list[str]:
        """Say of each key that differs what it was and what it is."""
        return [
            f"{key} was {_shown(getattr(before, key))} and is {_shown(getattr(self, key))}"
            for key in self.__struct_fields__
            if getattr(before, key) != getattr(self, key)
        ]


def _plain(globs: Globs) -> Globs:
    include, exclude = (tuple(sorted({name.lower() for name in names})) for names in (globs.include, globs.exclude))
    return Globs(include=include, exclude=exclude)


def _shown(value: object) -> str:
    if isinstance(value, Globs):
        value = {"include": value.include, "exclude": value.exclude} if value.exclude else value.include
    return msgspec.json.encode(value).decode()
