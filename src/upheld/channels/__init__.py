"""Ways of sending: each kind is a folder that knows `base` and the core, and nothing of Django, people or policies."""
