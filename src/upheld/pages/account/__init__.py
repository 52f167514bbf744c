"""The pages for who has an account or wants one: registering, signing in, My Account."""
