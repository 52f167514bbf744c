"""Notices: which class of message may carry one, and its words; sends nothing and knows no address."""
