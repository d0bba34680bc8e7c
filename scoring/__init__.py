"""Pure scoring: measure, place, explain, act. Frames in, frames out; no clock, file, network or log."""
