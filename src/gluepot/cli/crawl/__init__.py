"""The commands for crawlers."""
