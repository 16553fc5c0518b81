"""Result pages become Arrow record batches, in compiled code that holds no lock of the interpreter.

First every cell of a page is found: where it begins and how long it is. Then each column gathers its cells into Arrow
buffers. Elements of collections, fields of user-defined types and tuples are cells again, so nesting is no case apart.
"""

from gluepot.cassandra.decode.arrow import arrow_type
from gluepot.cassandra.decode.page import decode

__all__ = ["arrow_type", "decode"]
