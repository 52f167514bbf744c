"""What every page stands on: which site a request is for, the loaded policies, headers, elements and styles."""
