"""Loops over Arrow arrays that numba compiles: hashes and views of arrays."""
