"""Crawlers of AWS Glue over data that is in S3 already: their file, what they need, what they cost, what they did."""
