"""The helpers of KADA's wrapper script: configuration, high-water marks, logging."""

from kada_collectors.absent import refuse_beside_kadas_own

refuse_beside_kadas_own()

from gluepot.kada import (  # noqa: E402 - KADA's own wheels are looked for first
    get_generic_logger,
    get_hwm,
    load_config,
    publish_hwm,
)

__all__ = ["get_generic_logger", "get_hwm", "load_config", "publish_hwm"]
