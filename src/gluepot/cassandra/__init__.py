"""Cassandra and Astra: sessions, schema, and token-range scans that come back as Arrow.

`scan` may be used alone::

    from gluepot.cassandra import scan

    reader = scan(session, "shop.orders")  # a pyarrow.RecordBatchReader, for DuckDB, Polars or pandas
"""
