"""Decides what follows from a placement: alerts, cases, action plans."""
