"""Crawlers that crawl: they read what lies in the emulated S3, and make tables of it in the emulated catalog."""
