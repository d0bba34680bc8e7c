"""Pictures: SVG for pages and PDF, PNG for mails."""
