"""The commands that look into a keyspace."""
