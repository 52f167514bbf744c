"""Rehearsals: a throw-away copy of the house, invented people and a simulated clock; each rule of the policy is tried there.

This room stands above pages, console, API and jobs and drives them as people and programs do; nothing below knows it.
"""
