"""Reading the catalog, in this process or one of its own."""
