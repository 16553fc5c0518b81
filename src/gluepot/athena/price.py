"""What a statement costs: https://aws.amazon.com/athena/pricing/."""

from __future__ import annotations

from typing import Final

MEGABYTE: Final = 1 << 20
TERABYTE: Final = 1 << 40

LEAST: Final = 10 * MEGABYTE
"""What is billed of a statement that scans anything at all."""


def billed(scanned: int) -> int:
    """Give the bytes that are billed for those that were scanned: whole megabytes, ten at the least, or nothing."""
    return max(LEAST, -(-scanned // MEGABYTE) * MEGABYTE) if scanned > 0 else 0


def price(scanned: int, per_terabyte: float) -> float:
    """Give the price of one statement, in the currency of the unit price.

    Args:
        scanned: Bytes, as Athena reports them; 0 for DDL and for results that were used again.
        per_terabyte: The plan file's `prices.athena_per_tb`.
    """
    return billed(scanned) / TERABYTE * per_terabyte
