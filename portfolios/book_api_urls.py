"""Addresses of the books' JSON API, under /api/portfolio/."""

from django.urls import path

from . import book_api, book_api_files, book_api_lists, risk_api

app_name = "book_api"

urlpatterns = [
    path("", book_api.PortfolioView.as_view(), name="portfolio"),
    path("positions/", book_api.PositionsView.as_view(), name="positions"),
    path("positions/<uuid:key>/", book_api.PositionView.as_view(), name="position"),
    path("positions/<uuid:key>/close/", book_api.ClosePositionView.as_view(), name="position-close"),
    path("positions/<uuid:key>/reopen/", book_api.ReopenPositionView.as_view(), name="position-reopen"),
    path("positions/<uuid:key>/restore/", book_api.RestorePositionView.as_view(), name="position-restore"),
    path("tags/", book_api_lists.TagsView.as_view(), name="tags"),
    path("tags/<uuid:key>/", book_api_lists.TagView.as_view(), name="tag"),
    path("tags/<uuid:key>/restore/", book_api_lists.RestoreTagView.as_view(), name="tag-restore"),
    path("flows/", book_api_lists.FlowsView.as_view(), name="flows"),
    path("flows/<uuid:key>/", book_api_lists.FlowView.as_view(), name="flow"),
    path("flows/<uuid:key>/restore/", book_api_lists.RestoreFlowView.as_view(), name="flow-restore"),
    path("snapshots/", book_api_lists.SnapshotsView.as_view(), name="snapshots"),
    path("import/", book_api_files.ImportsView.as_view(), name="imports"),
    path("import/presets/", book_api_files.PresetsView.as_view(), name="import-presets"),
    path("import/template.csv", book_api_files.TemplateView.as_view(), name="import-template"),
    path("import/<uuid:key>/", book_api_files.ImportView.as_view(), name="import"),
    path("import/<uuid:key>/confirm/", book_api_files.ConfirmImportView.as_view(), name="import-confirm"),
    path("export/positions.csv", book_api_files.ExportPositionsView.as_view(), name="export-positions"),
    path("export/book.csv", book_api_files.ExportBookView.as_view(), name="export-book"),
    path("export/flows.csv", book_api_files.ExportFlowsView.as_view(), name="export-flows"),
    path("greeks/", risk_api.GreeksView.as_view(), name="greeks"),
    path("exposures/", risk_api.ExposuresView.as_view(), name="exposures"),
    path("factors/", risk_api.FactorsView.as_view(), name="factors"),
    path("ratios/", risk_api.RatiosView.as_view(), name="ratios"),
    path("clusters/", risk_api.ClustersView.as_view(), name="clusters"),
    path("stress/", risk_api.StressView.as_view(), name="stress"),
    path("light/", risk_api.LightView.as_view(), name="light"),
]
