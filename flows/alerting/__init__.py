"""What cannot wait for Monday: which exports are new, whom an alert reaches, the page it points to."""
