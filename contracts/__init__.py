"""The ground floor: words, frames, rules and messages that the rooms exchange. Imports nothing of ours."""
