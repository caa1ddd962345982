"""One module for each vendor: the wire formats, and nothing about what they carry."""
