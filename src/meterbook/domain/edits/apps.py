from django.apps import AppConfig


class EditsConfig(AppConfig):
    name = "meterbook.domain.edits"
    label = "edits"
    default_auto_field = "django.db.models.BigAutoField"
