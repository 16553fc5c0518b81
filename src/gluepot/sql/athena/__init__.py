"""Athena proves that tables equal their source."""
