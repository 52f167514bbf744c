"""What several policies let be done with the same kind of data, side by side; asks their compiled tables, never their sentences."""
