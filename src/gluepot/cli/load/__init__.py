"""The commands of loads."""
