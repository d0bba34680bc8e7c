"""The report of the experts: which line to move, what it would change, whom, and what it would cost."""
