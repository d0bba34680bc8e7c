"""Measures what the canonical tables say about each customer, as of one instant."""
