"""The market as it is printed: bars, minutes and the snapshot, cut at what is visible."""
