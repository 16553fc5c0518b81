"""The command that queries."""
