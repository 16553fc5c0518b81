"""What must not leave: credentials anywhere (`credentials`), and literals in SQL (`sql`)."""
