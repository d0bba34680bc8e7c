"""Proposals and the log of policies as pages, words and a workbook."""
