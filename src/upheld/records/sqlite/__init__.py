"""Django's SQLite with one thing more: those of a process that want to write take turns."""
