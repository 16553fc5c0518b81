"""One module per group of commands: parse, call the job, print."""
