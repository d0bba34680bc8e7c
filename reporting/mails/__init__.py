"""What is mailed: packs, alerts, cases, notices, each as text and HTML from the same values."""
