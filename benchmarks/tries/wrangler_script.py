"""Write every column that awswrangler finds into a CSV file, which is what its users write around it."""

import csv
import sys

import awswrangler as wr

rows = []
for database in wr.catalog.get_databases():
    for table in wr.catalog.get_tables(database=database["Name"]):
        rows.append((database["Name"], table["Name"], ""))
        columns = [*table["StorageDescriptor"]["Columns"], *table.get("PartitionKeys", [])]
        rows.extend((database["Name"], table["Name"], f"{column['Name']} {column['Type']}") for column in columns)
with open(sys.argv[1], "w", newline="") as file:  # noqa: PTH123 - as a script has it
    csv.writer(file).writerows(rows)
