"""Books, rounds, readings, what is held, and readings from files."""

from django.urls import URLPattern, path

from meterbook.interfaces.web import nav
from meterbook.interfaces.web.views import reading_entry, reading_held, reading_import, readings

nav.provide_count(place_key="held", count=reading_held.waiting)

urlpatterns: list[URLPattern] = [
    path("books/", readings.books, name="books"),
    path("books/import/", reading_import.upload, name="import_readings"),
    path("books/import/template.xlsx", reading_import.template, name="readings_template"),
    path("books/import/<int:import_id>/", reading_import.result, name="readings_import"),
    path("books/import/<int:import_id>/apply", reading_import.apply, name="readings_import_apply"),
    path("books/import/<int:import_id>/errors.xlsx", reading_import.errors, name="readings_import_errors"),
    path("books/<int:book_id>/", readings.book, name="book"),
    path("books/<int:book_id>/open", readings.open_round, name="open_round"),
    path("books/rounds/<int:round_id>/", reading_entry.keyed, name="round"),
    path("books/rounds/<int:round_id>/accept", readings.accept, name="accept_round"),
    path("books/rounds/<int:round_id>/entries/<int:entry_id>", reading_entry.row, name="round_row"),
    path("held-readings/", reading_held.held, name="held_readings"),
    path("books/entries/<int:entry_id>/", reading_entry.entry, name="entry"),
    path("books/entries/<int:entry_id>/confirm", reading_entry.confirm, name="confirm_reading"),
    path("books/entries/<int:entry_id>/leave-out", reading_entry.leave_out, name="leave_out_reading"),
]
