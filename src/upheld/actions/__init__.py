"""The only code that writes records: one file a subject, every write with its line in the ledger."""
