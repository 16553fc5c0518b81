"""Job 1: what the Glue catalog holds becomes extract files, and the files reach a landing."""
