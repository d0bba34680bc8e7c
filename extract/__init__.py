"""Knows the sources, so that no other room has to: pull, read, map, admit, quarantine, redact, snapshot."""
