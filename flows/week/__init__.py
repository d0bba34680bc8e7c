"""The steps of a weekly run: exports in, everybody judged, everything recorded."""
