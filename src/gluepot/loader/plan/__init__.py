"""What a load is made of: its plan file, its plan, its manifest. `gluepot.loader.jobs` is the way in."""
