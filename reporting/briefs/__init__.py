"""Briefs of audiences and of accounts: how much is printed, how many pages it will take."""
