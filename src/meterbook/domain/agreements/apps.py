from django.apps import AppConfig


class AgreementsConfig(AppConfig):
    name = "meterbook.domain.agreements"
    label = "agreements"
    default_auto_field = "django.db.models.BigAutoField"
