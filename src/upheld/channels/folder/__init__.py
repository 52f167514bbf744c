"""A channel that writes each message as a file into a folder, for demonstrations, tests and paper-like records."""
