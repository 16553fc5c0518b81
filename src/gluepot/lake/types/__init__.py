"""The types and names of the lake: from CQL, as Glue, Hive, Arrow and SQL spell them."""
