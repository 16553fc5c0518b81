"""From a page of Cassandra to rows of the lake."""
