"""The web server's door."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "meterbook.config.settings")
os.environ.setdefault("METERBOOK_DATABASE_ROLE", "app")
application = get_wsgi_application()
