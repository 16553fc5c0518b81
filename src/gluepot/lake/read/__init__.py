"""Reading committed tables."""
