"""From values to plain English: rules, facts, conditions and the three answers, for the people a policy is about."""
