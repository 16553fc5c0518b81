"""Arrow arrays as the core takes them, and NaN in them."""
