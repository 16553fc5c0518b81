"""What passes is waited out, by one patience for everything; what crawls is ended."""
