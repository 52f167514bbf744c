"""Seals: envelopes, blind indexes, the log and its proofs; knows the errors, and neither the policy nor any store."""
