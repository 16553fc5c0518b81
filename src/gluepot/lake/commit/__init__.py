"""Staged files, and the one commit that makes them visible."""
