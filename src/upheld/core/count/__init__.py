"""Counts that may be shown: of groups in which nobody stands out."""
