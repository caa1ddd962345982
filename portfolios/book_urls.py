"""Addresses of the book's pages, under /book/. There is no address of anybody else's book."""

from django.urls import URLPattern, path

from .pages import cash, crypto, factors, importing, light, overview, positions, risk, snapshots, stress, tags

app_name = "portfolios"

urlpatterns: list[URLPattern] = [
    path("", overview.book, name="book"),
    path("positions/", positions.index, name="positions"),
    path("positions.csv", positions.export, name="positions-csv"),
    path("positions/new/", positions.add, name="position-new"),
    path("positions/symbol/", positions.symbol, name="position-symbol"),
    path("positions/tag/", positions.tag, name="positions-tag"),
    path("positions/<uuid:key>/", positions.detail, name="position"),
    path("positions/<uuid:key>/edit/", positions.edit, name="position-edit"),
    path("positions/<uuid:key>/close/", positions.close, name="position-close"),
    path("positions/<uuid:key>/reopen/", positions.reopen, name="position-reopen"),
    path("positions/<uuid:key>/delete/", positions.delete, name="position-delete"),
    path("positions/<uuid:key>/restore/", positions.restore, name="position-restore"),
    path("cash/", cash.index, name="cash"),
    path("cash/new/", cash.add, name="flow-new"),
    path("cash/book/", cash.change_book, name="book-change"),
    path("cash/<uuid:key>/", cash.row, name="flow"),
    path("cash/<uuid:key>/edit/", cash.edit, name="flow-edit"),
    path("cash/<uuid:key>/delete/", cash.delete, name="flow-delete"),
    path("cash/<uuid:key>/restore/", cash.restore, name="flow-restore"),
    path("tags/", tags.index, name="tags"),
    path("tags/new/", tags.add, name="tag-new"),
    path("tags/<uuid:key>/", tags.row, name="tag"),
    path("tags/<uuid:key>/edit/", tags.edit, name="tag-edit"),
    path("tags/<uuid:key>/delete/", tags.delete, name="tag-delete"),
    path("tags/<uuid:key>/restore/", tags.restore, name="tag-restore"),
    path("snapshots/", snapshots.index, name="snapshots"),
    path("snapshots.csv", snapshots.export, name="snapshots-csv"),
    path("snapshots/<str:day>/", snapshots.day, name="snapshot"),
    path("risk/", risk.risk, name="risk"),
    path("risk/panel/", risk.panel, name="risk-panel"),
    path("factors/", factors.factors, name="factors"),
    path("stress/", stress.stress, name="stress"),
    path("light/", light.light, name="light"),
    path("light/panel/", light.panel, name="light-panel"),
    path("crypto/", crypto.exposure, name="crypto-exposure"),
    path("import/", importing.uploads, name="import"),
    path("import/template.csv", importing.template, name="import-template"),
    path("import/<uuid:key>/", importing.preview, name="import-file"),
    path("import/<uuid:key>/confirm/", importing.confirm, name="import-confirm"),
    path("import/<uuid:key>/discard/", importing.discard, name="import-discard"),
]
