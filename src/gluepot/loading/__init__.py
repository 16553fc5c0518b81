"""What a load is made of: its plan file, its plan, its manifest. `gluepot.load` is the page that uses them."""
