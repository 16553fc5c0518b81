"""SQL on what loads made: here, in other engines, and as a proof in Athena."""
