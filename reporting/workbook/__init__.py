"""The action-plan workbook: what a manager reads, edits and hands back."""
