"""Announcements from the jobs to every open page: publish after commit, one hub per process, snapshot, events, polling.

What is announced is never the truth: the row in the database is, and a page that missed an announcement asks for the
fragment again. See docs/platform/live.md.
"""
