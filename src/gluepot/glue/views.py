"""What a view says, in each engine that it speaks to: SQL text out of the encodings that Glue's writers use.

Three ways to write a view into a Glue table are in use, and one table may carry more than one:

1. `ViewDefinition.Representations` (Data Catalog views): one entry per dialect.
   https://docs.aws.amazon.com/glue/latest/webapi/API_ViewRepresentation.html
2. Athena, Presto and Trino: base64 of a JSON object in a comment, `/* Presto View: eyJv... */`, in
   `ViewOriginalText`, and the bare marker `/* Presto View */` in `ViewExpandedText`.
3. Spark and Hive: SQL as it is, Spark with `view.*` and `spark.sql.create.version` parameters beside it.

Every step takes time linear in the text, which may be 409,600 characters long.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import TYPE_CHECKING, Final

import msgspec

from gluepot.glue.jsonaccess import flag_at, list_at, record_at, text_at

if TYPE_CHECKING:
    from gluepot.glue.jsonaccess import Record

VIEW_TYPES: Final = frozenset({"VIRTUAL_VIEW", "MATERIALIZED_VIEW", "VIEW"})

_MARKER: Final = re.compile(r"(?:presto|trino)\s++(materialized\s++)?+view\s*+(:?+)", re.IGNORECASE)
_NOT_BASE64: Final = re.compile(r"[^A-Za-z0-9+/]")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_NAMESPACE: Final = ("view.catalogAndNamespace.numParts", "view.catalogAndNamespace.part.")
_SQL_CONFIG: Final = "view.sqlConfig."


class Definition(msgspec.Struct, frozen=True):
    """A view in one dialect.

    Args:
        dialect: `athena`, `presto`, `trino`, `spark`, `hive`, `redshift`: sqlglot's names, in lower case.
        text: The SQL as its author wrote it; the raw text where it could not be decoded.
        version: The version of the dialect or of the engine that wrote it.
        is_stale: The engine must be told the view anew before it can be queried; None where nothing says.
        expanded: The SQL with its names made complete, where that differs from `text`.
        connection: The connection that this dialect is validated with.
        details: What else the encoding holds: catalog, schema, columns with types, owner, runAsInvoker.
    """

    dialect: str
    text: str
    version: str = ""
    is_stale: bool | None = None
    expanded: str = ""
    connection: str = ""
    details: dict[str, object] = {}


class View(msgspec.Struct, frozen=True):
    """A view: the same rows in one or more dialects.

    Args:
        definitions: One per dialect, in the order of Glue's record.
        materialized: Its rows are stored.
        sub_objects: ARNs of the tables that it reads, where Glue knows them.
        protected: The engine hides the tables below from those who query the view; None where nothing says.
        definer: ARN of the role whose rights it is read with.
        details: Refresh settings of materialized views; Spark's namespace and settings.
        warnings: What could not be read; sentences for people.
    """

    definitions: tuple[Definition, ...] = ()
    materialized: bool = False
    sub_objects: tuple[str, ...] = ()
    protected: bool | None = None
    definer: str = ""
    details: dict[str, object] = {}
    warnings: tuple[str, ...] = ()


class _Decoded(msgspec.Struct, frozen=True):
    """The text of one field, out of its encoding."""

    text: str = ""
    encoded: bool = False  # it stood in Presto's comment
    materialized: bool = False
    details: dict[str, object] = {}
    warning: str = ""


def is_view(table: Record) -> bool:
    """Tell whether a table record of Glue is a view, materialized ones included.

    A table type that says otherwise wins over a view text; no type at all does not.
    """
    kind = text_at(table, "TableType").strip().upper()
    if kind in VIEW_TYPES or flag_at(table, "IsMaterializedView") or flag_at(table, "IsMultiDialectView"):
        return True
    if list_at(record_at(table, "ViewDefinition"), "Representations"):
        return True
    return not kind and bool(text_at(table, "ViewOriginalText").strip() or text_at(table, "ViewExpandedText").strip())


def view_of(table: Record) -> View | None:
    """Read what a view's record says of it; None for a table that is no view.

    Args:
        table: A table as in Glue's JSON; keys may be missing, null or of a wrong type.
    """
    if not is_view(table):
        return None
    stated = record_at(table, "ViewDefinition")
    found = [_of_representation(entry) for entry in list_at(stated, "Representations") if isinstance(entry, dict)]
    own, materialized, warnings = _of_table(table)
    known = {text for definition, _ in found for text in (definition.text, definition.expanded)}
    definitions = [definition for definition, _ in found if definition.text]
    definitions += [own] if own.text and own.text not in known else []
    warnings += [warning for _, warning in found if warning]
    warnings += [
        f"the view has no SQL text in the dialect {definition.dialect or '?'}"
        for definition, _ in found
        if not definition.text
    ]
    if not definitions and not found:
        warnings.append("the view has no SQL text")
    return View(
        definitions=tuple(definitions),
        materialized=materialized or _is_materialized(table),
        sub_objects=tuple(arn for arn in list_at(stated, "SubObjects") if isinstance(arn, str)),
        protected=_optional_flag(stated, "IsProtected"),
        definer=text_at(stated, "Definer"),
        details=_details(table, stated),
        warnings=tuple(warnings),
    )


def encode_presto_view(data: Record, *, materialized: bool = False) -> str:
    """Encode a view as Athena, Presto and Trino do, for `ViewOriginalText`.

    Args:
        data: `originalSql`, `catalog`, `schema`, `columns` and what else the engine keeps.
        materialized: Write the marker of materialized views.
    """
    kind = "Presto Materialized View" if materialized else "Presto View"
    return f"/* {kind}: {base64.b64encode(msgspec.json.encode(data)).decode('ascii')} */"


def _is_materialized(table: Record) -> bool:
    return flag_at(table, "IsMaterializedView") or text_at(table, "TableType").strip().upper() == "MATERIALIZED_VIEW"


def _optional_flag(record: Record, key: str) -> bool | None:
    return flag_at(record, key) if record.get(key) is not None else None


def _of_representation(entry: Record) -> tuple[Definition, str]:
    original = decode_text(text_at(entry, "ViewOriginalText"))
    expanded = decode_text(text_at(entry, "ViewExpandedText"))
    text = original.text or expanded.text
    definition = Definition(
        dialect=text_at(entry, "Dialect").strip().lower(),
        text=text,
        version=text_at(entry, "DialectVersion"),
        is_stale=_optional_flag(entry, "IsStale"),
        expanded=expanded.text if expanded.text != text else "",
        connection=text_at(entry, "ValidationConnection"),
        details=original.details or expanded.details,
    )
    return definition, original.warning or expanded.warning


def _of_table(table: Record) -> tuple[Definition, bool, list[str]]:
    """Read the two texts of the table itself: a definition (with an empty text if there is none), kind, warnings."""
    original = decode_text(text_at(table, "ViewOriginalText"))
    expanded = decode_text(text_at(table, "ViewExpandedText"))
    text = original.text or expanded.text
    dialect, version = _engine(record_at(table, "Parameters"), encoded=original.encoded or expanded.encoded)
    definition = Definition(
        dialect=dialect,
        text=text,
        version=version,
        expanded=expanded.text if expanded.text != text else "",
        details=original.details or expanded.details,
    )
    warnings = [warning for warning in (original.warning, expanded.warning) if warning]
    return definition, original.materialized or expanded.materialized, warnings


def _engine(parameters: Record, *, encoded: bool) -> tuple[str, str]:
    """Name the dialect of a text and the version of its writer, by the traces that each engine leaves.

    Athena and Presto write the same encoding and leave no name: both are `presto` here.
    """
    if encoded or flag_at(parameters, "presto_view"):
        trino = any(key.startswith("trino_") for key in parameters)
        version = text_at(parameters, "trino_version") or text_at(parameters, "presto_version")
        return ("trino" if trino else "presto"), version
    if "spark.sql.create.version" in parameters or any(key.startswith("view.") for key in parameters):
        return "spark", text_at(parameters, "spark.sql.create.version")
    return "hive", ""


def _details(table: Record, stated: Record) -> dict[str, object]:
    """Collect what is neither text nor lineage: settings of the definition, and Spark's parameters."""
    kept = {key: value for key, value in stated.items() if key not in {"Representations", "SubObjects"}}
    parameters = record_at(table, "Parameters")
    namespace = _numbered(parameters, *_NAMESPACE)
    if namespace:
        kept["catalogAndNamespace"] = namespace
    config = {key.removeprefix(_SQL_CONFIG): value for key, value in parameters.items() if key.startswith(_SQL_CONFIG)}
    if config:
        kept["sqlConfig"] = config
    return kept


def _numbered(parameters: Record, count_key: str, prefix: str) -> list[str]:
    """Join Spark's `numParts` / `part.N` parameters to a list; parts that are missing end it."""
    parts: list[str] = []
    if count_key in parameters:
        while part := text_at(parameters, f"{prefix}{len(parts)}"):
            parts.append(part)
    return parts


def decode_text(text: str) -> _Decoded:
    """Take a view text out of Presto's comment, if it stands in one; whatever cannot be decoded stays as it is."""
    bare = text.strip().removesuffix(";").rstrip()
    if not bare.startswith("/*"):
        # the marker alone, as Presto's comment of a view has it, is no SQL either
        return _Decoded("" if not bare or _MARKER.fullmatch(bare) else text)
    end = bare.find("*/")
    inner = bare[2:] if end < 0 else bare[2:end]
    marker = _MARKER.match(inner := inner.strip())
    if not marker or 0 <= end < len(bare) - 2:  # a comment at the head of plain SQL
        return _Decoded(text)
    materialized, payload = bool(marker[1]), inner[marker.end() :]
    if not marker[2]:
        return _Decoded(text) if payload else _Decoded(encoded=True, materialized=materialized)
    try:
        sql, details, warning = _decode_payload(payload)
    except ValueError as error:
        return _Decoded(text, encoded=True, materialized=materialized, warning=f"the view's encoded text {error}")
    return _Decoded(sql, encoded=True, materialized=materialized, details=details, warning=warning)


def _decode_payload(payload: str) -> tuple[str, Record, str]:
    """Decode base64 of a JSON object that has `originalSql`: that, the rest of the object, and a warning or "".

    Raises:
        ValueError: It is not that; the message says what it is instead, and continues "the view's encoded text".
    """
    compact = "".join(payload.split()).rstrip("=").replace("-", "+").replace("_", "/")
    if _NOT_BASE64.search(compact):
        raise ValueError("is not base64")
    try:
        body = base64.b64decode(compact + "=" * (-len(compact) % 4), validate=True)
    except binascii.Error:
        raise ValueError("is cut off") from None
    data, warning = _decode_json(body)
    details = data if isinstance(data, dict) else {}
    sql = text_at(details, "originalSql")
    if not sql:
        raise ValueError("has no originalSql")
    return sql, {key: value for key, value in details.items() if key != "originalSql"}, warning


def _decode_json(body: bytes) -> tuple[object, str]:
    """Decode JSON as msgspec does, and where that refuses half of a surrogate pair, with U+FFFD in its place."""
    try:
        return msgspec.json.decode(body), ""
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        pass
    try:
        data = json.loads(body.decode("utf-8", "replace"))
        clean = json.loads(_SURROGATE.sub("\ufffd", json.dumps(data, ensure_ascii=False)))
    except (ValueError, RecursionError):
        raise ValueError("is not JSON") from None
    return clean, "the view's encoded text has characters that are no Unicode; they were replaced by U+FFFD"
