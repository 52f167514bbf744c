"""Upheld makes a business keep its privacy policy: the file that people read is the file that the software obeys."""

__version__ = "0.1.0"
