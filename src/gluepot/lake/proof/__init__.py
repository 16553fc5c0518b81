"""What a loaded table holds, for comparing it with its source."""
