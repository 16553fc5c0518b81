"""A load as a job of AWS Glue: made, started, watched, its end told."""
