"""Filters for the templates of the console."""
