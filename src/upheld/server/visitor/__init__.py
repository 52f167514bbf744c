"""The invented visitor: walks a running site from outside, in a browser, and says what came of it.

It stands on this floor and not among the rehearsals, which only ever work in a house that is thrown away: what it walks
through is the real one.
"""
