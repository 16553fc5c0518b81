"""JSON as AWS sends it, decoded without being strict where AWS is not."""

from __future__ import annotations

import json
from typing import Any

from gluepot.errors import MalformedError


def loads(body: bytes) -> Any:  # noqa: ANN401 - any JSON
    """Decode JSON the lenient way: lone surrogates pass.

    Raises:
        MalformedError: It is not JSON.
    """
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise MalformedError("an answer of Glue is not JSON", str(error), "run again") from error
