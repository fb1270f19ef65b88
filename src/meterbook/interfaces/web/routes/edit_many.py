"""Changes of many records, from the lists or a spreadsheet."""

from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from meterbook.interfaces.web import list_many, palette
from meterbook.interfaces.web.views import edit_many, edit_many_pages, edit_many_sheets

urlpatterns: list[URLPattern] = [
    path("many/", edit_many.overview, name="many_edits"),
    path("many/<int:edit_id>/", edit_many.edit, name="many_edit"),
    path("many/<int:edit_id>/rows.xlsx", edit_many_pages.rows_file, name="many_rows"),
    path("many/<int:edit_id>/look", edit_many.look_again, name="many_look"),
    path("many/<int:edit_id>/apply", edit_many.apply, name="many_apply"),
    path("many/<int:edit_id>/undo", edit_many.undo, name="many_undo"),
    path("many/<str:list_name>/choose", edit_many.choose, name="many_choose"),
    path("many/<str:list_name>/sheet.xlsx", edit_many_sheets.sheet, name="many_sheet"),
    path("many/<str:list_name>/upload", edit_many_sheets.upload, name="many_upload"),
    path("many/<str:list_name>/ask", edit_many.ask, name="many_ask"),
]

list_many.provide(edit_many.offered)
palette.provide_verb(
    palette.Verb(label=_("Changes of many"), url_name="many_edits", icon="edit", right="records.edit_many")
)
