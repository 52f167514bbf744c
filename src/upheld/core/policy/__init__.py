"""The policy: its words, sentences and rules; knows nothing of the gate that asks it."""
