"""Where we run (settings) and what the business decided (policy). The two never mix."""
