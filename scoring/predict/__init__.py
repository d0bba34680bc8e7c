"""Whether the past foretold the present: outcomes, and what may honestly be claimed about them."""
