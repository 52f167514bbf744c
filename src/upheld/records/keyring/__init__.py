"""The keys, in a database of their own: whoever holds one of the two databases can read nothing."""
