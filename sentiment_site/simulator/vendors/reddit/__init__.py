"""Reddit: OAuth and listings."""
