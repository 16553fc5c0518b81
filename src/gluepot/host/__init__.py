"""This machine: how other processes are started, and what is kept of temporary files."""
