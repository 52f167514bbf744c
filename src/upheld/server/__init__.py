"""The server: settings, addresses and the process that answers; the top floor, beside the commands."""
