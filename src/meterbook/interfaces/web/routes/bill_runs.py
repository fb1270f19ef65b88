"""Bill runs: the list, the page of one, and its acts."""

from django.urls import URLPattern, path

from meterbook.interfaces.web.views import bill_run_batches, bill_runs

urlpatterns: list[URLPattern] = [
    path("bill-runs/", bill_runs.listing, name="bill_runs"),
    path("bill-runs/preview", bill_run_batches.preview_all, name="bill_runs_preview"),
    path("bill-runs/issue", bill_run_batches.issue_all, name="bill_runs_issue"),
    path("bill-runs/<int:round_id>/", bill_runs.run, name="bill_run"),
    path("bill-runs/<int:round_id>/preview", bill_runs.preview, name="bill_run_preview"),
    path("bill-runs/<int:round_id>/<int:run_id>/issue", bill_runs.issue, name="bill_run_issue"),
    path("bill-runs/<int:round_id>/<int:run_id>/rest", bill_runs.issue_rest, name="bill_run_rest"),
    path("bill-runs/<int:round_id>/release/<int:usage_id>", bill_runs.release, name="bill_run_release"),
]
