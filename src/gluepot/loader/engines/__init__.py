"""Where a load's token ranges are read: threads of this process. One module for each engine, one function `run`."""
