"""The kinds of resources, a module each: how one is read, made, changed, removed and tagged."""
