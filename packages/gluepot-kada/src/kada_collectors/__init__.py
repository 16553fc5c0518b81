"""The import name that KADA documents for its collectors; here it holds the one for AWS Glue, served by gluepot."""
