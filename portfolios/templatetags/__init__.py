"""Filters of the book's pages."""
