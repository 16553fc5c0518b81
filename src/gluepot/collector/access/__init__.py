"""What the collector may do in AWS, least privilege: policies and role templates from a configuration."""
