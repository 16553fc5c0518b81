"""Compiled loops over a page's cells. Each takes the page's bytes and, for every cell, its offset and its length.

A length of -1 is null. A kernel returns 0 or more where all is well (how many nulls, bytes or elements it found), and
-(index + 1) of the first cell that is not what its type says. All are compiled when first imported, and kept in
numba's cache. `cells` alone decides what lies within the page; the others read only what it found.
"""
