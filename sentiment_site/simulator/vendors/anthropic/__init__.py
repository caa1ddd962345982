"""The Messages API of a language model, simulated."""
