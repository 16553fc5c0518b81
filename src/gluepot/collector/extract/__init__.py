"""Records to files: the formats `k`, `parquet` and `jsonl`, and the manifest that names them."""
