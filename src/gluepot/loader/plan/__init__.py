"""What a load is made of: its plan file, its plan, its manifest. `gluepot.loader.load` is the page that uses them."""
