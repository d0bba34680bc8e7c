"""Does it work? Playbooks against comparable accounts without a case, figures of the casework, and lost customers."""
