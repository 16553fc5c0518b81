"""What AWS can do with what moto keeps, and moto cannot: jobs and connections changed, workgroups, closed buckets."""
