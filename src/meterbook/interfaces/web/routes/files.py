"""Files of customers, accounts, premises and meters."""

from django.urls import URLPattern, path

from meterbook.interfaces.web.views import files

urlpatterns: list[URLPattern] = [
    path("files/of/<str:kind>/<int:subject_id>/", files.of_subject, name="files"),
    path("files/<int:link_id>/view/", files.look, name="file"),
    path("files/<int:link_id>/thumbnail/", files.thumbnail, name="file_thumbnail"),
    path("files/<int:link_id>/remove/", files.remove, name="file_remove"),
    path("files/<int:link_id>/restore/", files.restore, name="file_restore"),
]
