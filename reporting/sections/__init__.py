"""The sections of a view, one subject each, and which view has them in which order."""
