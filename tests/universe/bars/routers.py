"""A database router for one test: nothing may be migrated."""

from __future__ import annotations


class Nothing:
    def allow_migrate(self, db: str, app_label: str, **hints: object) -> bool:
        return False
