from django.apps import AppConfig
from django_cotton import nested_tag_support


class WebConfig(AppConfig):
    """The staff's screens: templates, static files and template tags. It has no tables."""

    name = "meterbook.interfaces.web"
    label = "web"

    def ready(self) -> None:
        """Let components take translated attributes: <c-card title="{% translate 'Bills' %}">."""
        nested_tag_support.enable_nested_tag_support()
