"""What other engines need to read loaded tables, as text: settings, and SQL with every name quoted. Pure."""
