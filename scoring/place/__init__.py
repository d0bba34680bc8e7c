"""Turns signals into two scores, scores into zones, and zones of two weeks into transitions."""
