"""`from kada_collectors.extractors.glue import Extractor`, as KADA's page for Glue shows it."""

from kada_collectors.absent import refuse_beside_kadas_own

refuse_beside_kadas_own()

from gluepot.kada import Extractor  # noqa: E402 - KADA's own wheels are looked for first

__all__ = ["Extractor"]
