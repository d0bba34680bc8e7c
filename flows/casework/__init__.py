"""Cases from opening to proof: clock, edits by workbook, reply or command, receipts, effect."""
