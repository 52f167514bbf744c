"""The core: pure functions over frozen values; knows nothing of Django, clocks or networks."""
