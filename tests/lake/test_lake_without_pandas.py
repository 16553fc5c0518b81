"""Loads take `gluepot[load]` alone: pandas, which pyarrow asks for here and there, is not in it."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest

from gluepot.lake.kernels import arrays

SCRIPT = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "pandas":
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Missing())
import datetime as dt
import pyarrow as pa
from gluepot.lake.checksum import checksum

columns = {
    str(kind): pa.array([1, None], pa.int64()).cast(kind)
    for kind in (pa.int32(), pa.int64(), pa.float32(), pa.float64(), pa.timestamp("us"), pa.timestamp("us", "UTC"))
}
columns |= {"d": pa.array([dt.date(2026, 1, 1), None]), "b": pa.array([True, None]), "t": pa.array(["x", None])}
columns |= {"l": pa.array([[1], None]), "m": pa.array([[("a", 1)], None], pa.map_(pa.string(), pa.int64()))}
print(len(checksum.row_hashes(pa.record_batch(columns))))
"""


@pytest.mark.parametrize("kind", list(arrays._NUMBERS), ids=str)
def test_a_number_has_the_type_that_pyarrow_would_say(kind: pa.DataType) -> None:
    assert np.dtype(arrays.number_type(kind)) == np.dtype(pa.array([], kind).to_numpy().dtype)


def test_rows_are_hashed_without_pandas() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "2", done.stderr
