"""What is known about each sentence of a policy and why: evidence, what a rule demands of it, the state that follows."""
