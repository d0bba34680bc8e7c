"""Packs of a week: who reads, what each audience sees, rendered, checked, published, mailed."""
