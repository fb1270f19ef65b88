"""Django's own commands, for developers: `python -m meterbook.config.manage makemigrations`."""

import os

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "meterbook.config.settings")
    os.environ.setdefault("METERBOOK_DATABASE_ROLE", "owner")
    from django.core.management import execute_from_command_line

    execute_from_command_line()
