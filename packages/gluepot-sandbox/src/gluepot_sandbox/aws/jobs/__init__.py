"""Job runs that run: the job's script really is started, with its modules, as its role, and its output is its log."""
