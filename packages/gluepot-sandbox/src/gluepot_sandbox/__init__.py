"""An emulated AWS, a real Cassandra and Astra's stand-ins, to try gluepot on and to test it with; and the demo."""
