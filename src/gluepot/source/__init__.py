"""A keyspace as a page: boxes of tables with their columns, lines between those that belong together, sample rows."""
