"""Receipts and payments."""

from django.urls import URLPattern, path

from meterbook.interfaces.web.views import receipts

urlpatterns: list[URLPattern] = [
    path("payments/", receipts.listing, name="payments"),
    path("payments/<int:payment_id>/cancel", receipts.cancel, name="payment_cancel"),
    path("receipts/<str:receipt_no>/", receipts.receipt, name="receipt"),
    path("receipts/<str:receipt_no>/print", receipts.print_receipt, name="receipt_print"),
    path("receipts/<str:receipt_no>/<slug:layout>.pdf", receipts.receipt_pdf, name="receipt_pdf"),
]
