"""The steps by which the database of the keys came to its shape."""
