"""Values that pass between the lake and the loader: a planned table, its records, the ids of its loads."""
