"""Words that Athena takes for something else: quoted as names, although Glue holds them as they are.

From https://docs.aws.amazon.com/athena/latest/ug/reserved-words.html, both lists: of DDL and of SELECT.
"""

from __future__ import annotations

from typing import Final

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
"""Both lists, lower case."""
