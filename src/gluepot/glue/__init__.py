"""The Glue Data Catalog: one file per thing it holds, and the way its answers are read."""
