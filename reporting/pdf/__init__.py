"""The PDF engine, what it is given, and reading back what it made."""
