"""Themes: the stories money chases, from documents and tape to who belongs to them and how they live and end."""
