"""What customers are worth over the time they are expected to stay, and what a better KPI would add to it."""
