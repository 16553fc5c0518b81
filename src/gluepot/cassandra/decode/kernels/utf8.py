"""What tells UTF-8 from other bytes: an automaton of nine states, whose steps are one load and one shift each.

For each byte there is a word with six bits for each state: where the byte leads from there, as the shift to that
state's own bits. https://gist.github.com/pervognsen/218ea17743e1442e59bb60d29b1aa725
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

TAIL: Final = range(0x80, 0xC0)

STEPS: Final[dict[str, dict[str, range]]] = {
    "whole": {
        "whole": range(0x80),
        "one more": range(0xC2, 0xE0),
        "E0": range(0xE0, 0xE1),
        "two more": range(0xE1, 0xF0),
        "ED": range(0xED, 0xEE),
        "F0": range(0xF0, 0xF1),
        "three more": range(0xF1, 0xF4),
        "F4": range(0xF4, 0xF5),
    },
    "wrong": {},
    "one more": {"whole": TAIL},
    "two more": {"one more": TAIL},
    "three more": {"two more": TAIL},
    "E0": {"one more": range(0xA0, 0xC0)},
    "ED": {"one more": range(0x80, 0xA0)},
    "F0": {"two more": range(0x90, 0xC0)},
    "F4": {"two more": range(0x80, 0x90)},
}
"""State -> next state -> bytes that lead there; others are wrong. https://www.rfc-editor.org/rfc/rfc3629#section-4"""


def utf8_table() -> NDArray[np.uint64]:
    """Make the word of each byte. The state of whole characters is 0."""
    shifts = {state: 6 * number for number, state in enumerate(STEPS)}
    words = [0] * 256
    for state, steps in STEPS.items():
        for byte in range(256):
            leads = [following for following, those in steps.items() if byte in those]
            words[byte] |= shifts[leads[-1] if leads else "wrong"] << shifts[state]
    return np.array(words, dtype=np.uint64)
