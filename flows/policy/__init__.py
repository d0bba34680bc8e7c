"""The life of a policy: proposed, reviewed, watched in shadow, adopted, rolled back; and what it says in words."""
