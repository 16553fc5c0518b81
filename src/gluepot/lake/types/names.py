"""Names that Glue and Athena can hold: lower case, `a-z 0-9 _`, at most 255 bytes, and never two alike.

Athena lowers names in DDL, takes no special character but the underscore, and matches case-insensitively
(https://docs.aws.amazon.com/athena/latest/ug/tables-databases-columns-names.html). CQL's quoted names are free:
`"userId"` and `userid` may stand side by side in one table, and a name may hold quotes, dots and newlines.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

MAX_BYTES: Final = 255
"""Of any name in Glue (`NameString` in its service model)."""

METADATA_COLUMNS: Final = frozenset(
    {"_change_ordinal", "_change_type", "_commit_snapshot_id", "_deleted", "_file", "_last_updated_sequence_number",
     "_partition", "_pos", "_row_id", "_spec_id"}
)  # fmt: skip
"""Columns that Iceberg keeps for itself: engines show them beside a table's own, or in place of them.

https://iceberg.apache.org/spec/#reserved-field-ids
"""

_LEGAL: Final = re.compile(r"[a-z0-9_]{1,255}", re.ASCII)
_UNQUOTED: Final = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)
_DIGITS: Final = 8
"""Digits of the hash that tell two names apart; more where even those would collide."""

_DDL: Final = """
all alter and array as authorization between bigint binary boolean both by case cashe cast char column conf constraint
commit create cross cube current current_date current_timestamp cursor database date dayofweek decimal delete describe
distinct div double drop else end exchange exists extended external extract false fetch float floor following for
foreign from full function grant group grouping having if import in inner insert int integer intersect interval into is
join lateral left less like local macro map more none not null numeric of on only or order out outer over partialscan
partition percent preceding precision preserve primary procedure range reads reduce regexp references revoke right rlike
rollback rollup row rows select set smallint start table tablesample then time timestamp to transform trigger true
truncate unbounded union uniquejoin update user using utc_timestamp values varchar views when where window with
"""

_SELECT: Final = """
alter and as between by case cast constraint create cross cube current_catalog current_date current_path current_schema
current_time current_timestamp current_user deallocate delete describe distinct drop else end escape except execute
exists extract false first for from full group grouping having in inner insert intersect into is join json_array
json_exists json_object json_query json_table json_value last left like listagg localtime localtimestamp natural
normalize not null on or order outer prepare recursive right rollback rollup select skip table then trim true uescape
union unnest using values when where with
"""

RESERVED: Final = frozenset(_DDL.split()) | frozenset(_SELECT.split())
"""Words that Athena takes for something else, lower case: quoted as names, although Glue holds them as they are.

From https://docs.aws.amazon.com/athena/latest/ug/reserved-words.html, both lists: of DDL and of SELECT.
"""


def lake_names(
    names: Sequence[str], kept: Mapping[str, str] | None = None, reserved: Collection[str] = ()
) -> dict[str, str]:
    """Give each source name its name in the lake.

    A name that is legal already keeps itself, whatever else there is. Others are lowered and made plain; where two
    would be alike, or where one would take a legal name, they get a suffix made of their own hash: neither their order
    nor what is added later changes it. Only a column that had no rival before is renamed when one comes; `kept` holds
    it to its name then.

    Args:
        names: Source names, each once: the columns of a table, the tables of a keyspace, the fields of a struct.
        kept: Names that were given before and stay; those of sources that are gone stay taken too.
        reserved: Names that are not to be given, though they are legal: `METADATA_COLUMNS` for the columns of a table.

    Returns:
        Source name -> lake name, in the order of `names`, without two alike.
    """
    before = dict(kept or {})
    given = {name: before[name] for name in names if name in before}
    taken = {*before.values(), *reserved}
    given |= {name: name for name in names if name not in given and is_legal(name) and name not in taken}
    taken |= set(given.values())
    left = [name for name in names if name not in given]
    wanted = {name: _plain(name) for name in left}
    rivals = Counter(wanted.values())
    for name in sorted(left):  # longer suffixes are for colliding hashes only: even then the order is of names
        alone = wanted[name] not in taken and rivals[wanted[name]] == 1
        given[name] = wanted[name] if alone and _says_enough(wanted[name]) else _apart(name, wanted[name], taken)
        taken.add(given[name])
    return {name: given[name] for name in names}


def is_legal(name: str) -> bool:
    """Say whether Glue and Athena hold this name as it is."""
    return _LEGAL.fullmatch(name) is not None


def athena(name: str) -> str:
    """Write a lake name for a SELECT in Athena: in double quotes where it needs them."""
    if _UNQUOTED.fullmatch(name) and name not in RESERVED:
        return name
    return '"' + name.replace('"', '""') + '"'


def hive(name: str) -> str:
    """Write a lake name for DDL in Athena, which is Hive's: in backticks where it needs them."""
    if _UNQUOTED.fullmatch(name) and name not in RESERVED:
        return name
    return "`" + name.replace("`", "``") + "`"


def _plain(name: str) -> str:
    """Lower a name, take its accents off, and put an underscore for whatever is left that is not plain."""
    apart = unicodedata.normalize("NFKD", name.casefold())
    letters = "".join(char for char in apart if not unicodedata.combining(char)).lower()
    return re.sub(r"[^a-z0-9_]", "_", letters)


def _says_enough(plain: str) -> bool:
    """Say whether a name made plain may stand alone: one that had to be cut, or is underscores only, may not."""
    return len(plain) <= MAX_BYTES and plain.strip("_") != ""


def _apart(name: str, plain: str, taken: set[str]) -> str:
    """Add so many digits of the name's hash that nobody else has it."""
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
    stem = plain if plain.strip("_") else "name"
    for digits in range(_DIGITS, len(digest) + 1):
        found = f"{stem[: MAX_BYTES - digits - 1]}_{digest[:digits]}"
        if found not in taken:
            return found
    return _apart(name + "_", plain, taken)  # all 57 of them are columns of their own: look on from another hash
