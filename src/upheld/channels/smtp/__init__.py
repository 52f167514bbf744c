"""A channel that hands each message to a mail server, over TLS and with a DKIM signature when there is a key."""
