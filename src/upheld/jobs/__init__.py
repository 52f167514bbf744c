"""What takes longer than a request or has a deadline, done in a process of its own; calls actions and writes no record."""
