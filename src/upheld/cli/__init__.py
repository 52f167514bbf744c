"""The commands: they read their words, call the core or start the server, and print."""
