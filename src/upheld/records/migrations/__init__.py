"""The steps by which the database of the data came to its shape."""
