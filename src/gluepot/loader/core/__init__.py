"""What every part of the loader shares: the plan file, its source and lake, one staged range."""
