"""What is kept: the only models and migrations of the house; knows no policy and decides nothing."""
