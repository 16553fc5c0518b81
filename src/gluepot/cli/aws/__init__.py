"""The commands for resources in AWS."""
