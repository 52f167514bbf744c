"""Shipments as a policy file has them: what is offered at which price, which state follows which; knows no record and no clock."""
