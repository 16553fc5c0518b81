"""Hashes of rows, and the tokens of their keys, from what the lake holds."""
