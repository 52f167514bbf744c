"""Mailboxes: where messages to the business arrive, each kind behind one contract; knows nothing of what they say."""
