"""gluepot: one tool around the AWS Glue Data Catalog."""
