"""What one audience gets: view models composed from its scoped book, rendered as pages, briefs, workbook and mails."""
