"""Job 2: a keyspace becomes tables of the Glue catalog."""
