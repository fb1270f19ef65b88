"""Books, rounds, readings and what is held."""

from django.urls import URLPattern, path

from meterbook.interfaces.web import nav
from meterbook.interfaces.web.views import reading_entry, reading_held, readings

nav.provide_count(place_key="held", count=reading_held.waiting)

urlpatterns: list[URLPattern] = [
    path("books/", readings.books, name="books"),
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
