"""Loops over Arrow arrays that numba compiles: hashes, extremes, murmur."""
