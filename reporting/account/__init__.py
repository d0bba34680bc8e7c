"""The account page (360 degrees): composed out of one audience's book, with what is said and drawn on it."""
