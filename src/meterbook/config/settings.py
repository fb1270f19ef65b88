"""Django's settings: which parts there are and how they are wired. Values come from `environment`."""

import os

from meterbook.config import environment as environment_module

ENVIRONMENT = environment_module.load(os.environ)
# owner: migrations only. app: web, sees the stations of the person. job: worker and commands, a company.
DATABASE_ROLE = os.environ.get("METERBOOK_DATABASE_ROLE", "job")

SECRET_KEY = ENVIRONMENT.secret_key
DEBUG = False
ALLOWED_HOSTS = list(ENVIRONMENT.allowed_hosts)

SHARED_APPS = [
    "django_tenants",
    "meterbook.domain.companies",
    "procrastinate.contrib.django",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "django_htmx",
    "django_cotton.apps.SimpleAppConfig",
    "template_partials.apps.SimpleAppConfig",
    "csp",
    "meterbook.interfaces.web",
    "meterbook.interfaces.jobs",
]
TENANT_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "axes",
    "meterbook.domain.access",
    "meterbook.domain.ledger",
    "meterbook.domain.documents",
    "meterbook.domain.files",
    "meterbook.domain.imports",
    "meterbook.domain.edits",
    "meterbook.domain.customers",
    "meterbook.domain.premises",
    "meterbook.domain.devices",
    "meterbook.domain.tariffs",
    "meterbook.domain.agreements",
    "meterbook.domain.metering",
    "meterbook.domain.billing",
    "meterbook.domain.payments",
]
INSTALLED_APPS = [*SHARED_APPS, *TENANT_APPS]
TENANT_MODEL = "companies.Company"
TENANT_DOMAIN_MODEL = "companies.Address"
TENANT_LIMIT_SET_CALLS = True  # the search path is set once per connection taken from the pool

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "meterbook.interfaces.web.middleware.HealthMiddleware",
    "meterbook.interfaces.web.middleware.StaticMiddleware",
    "django.middleware.gzip.GZipMiddleware",  # lists shrink to a tenth; Django pads against BREACH
    "meterbook.interfaces.web.middleware.CompanyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "meterbook.interfaces.web.middleware.NulMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "meterbook.interfaces.web.urls"
WSGI_APPLICATION = "meterbook.config.wsgi.application"

DATABASES = {
    "default": environment_module.django_database(
        url=ENVIRONMENT.database_url(DATABASE_ROLE),
        pool_size=ENVIRONMENT.pool_size if DATABASE_ROLE == "app" else None,
    )
}
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
DATABASE_ROLE_APP = ENVIRONMENT.role_app
DATABASE_ROLE_JOB = ENVIRONMENT.role_job

AUTH_USER_MODEL = "access.Staff"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username"]]  # a whole office shares one address
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
AXES_LOCKOUT_CALLABLE = "meterbook.interfaces.web.auth.locked_out"
SILENCED_SYSTEM_CHECKS = ["axes.W003"]

SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = ENVIRONMENT.session_hours * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = ENVIRONMENT.secure_cookies
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_COOKIE_SECURE = ENVIRONMENT.secure_cookies
CSRF_FAILURE_VIEW = "meterbook.interfaces.web.errors.csrf_failure"
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000  # a keyed page of a large book
FILE_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "OPTIONS": {
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    [
                        (
                            "django.template.loaders.cached.Loader",
                            [
                                "django_cotton.cotton_loader.Loader",
                                "django.template.loaders.app_directories.Loader",
                            ],
                        )
                    ],
                )
            ],
            "builtins": [
                "django_cotton.templatetags.cotton",
                "template_partials.templatetags.partials",
                "django.templatetags.i18n",
                "django.templatetags.static",
                "meterbook.interfaces.web.templatetags.meterbook",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "meterbook.interfaces.web.context.shell",
            ],
        },
    }
]

LANGUAGE_CODE = ENVIRONMENT.language
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [str(environment_module.PACKAGE_DIR / "locale")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = ENVIRONMENT.time_zone

STATIC_URL = "/static/"
STATIC_ROOT = str(ENVIRONMENT.data_dir / "static")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "meterbook.interfaces.web.assets.VersionedStorage"},
}

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
METERBOOK_FIXED_TODAY = ENVIRONMENT.fixed_today
# Adapters are named here and nowhere else.
METERBOOK_RECEIPT_DRAWER = "meterbook.adapters.pdf.receipts.receipt_pdf"
METERBOOK_FILE_STORE = "meterbook.adapters.storage.opening.open_store"
METERBOOK_FILES_ROOT = ENVIRONMENT.data_dir / "files"
METERBOOK_FILES_S3 = (
    None
    if ENVIRONMENT.files_endpoint is None
    else {
        "endpoint": ENVIRONMENT.files_endpoint,
        "bucket": ENVIRONMENT.files_bucket,
        "region": ENVIRONMENT.files_region,
        "access_key": ENVIRONMENT.files_access_key or "",
        "secret_key": ENVIRONMENT.files_secret_key or "",
    }
)
PROCRASTINATE_IMPORT_PATHS = [
    "meterbook.interfaces.jobs.tasks",
    "meterbook.interfaces.jobs.edit_many_tasks",
]
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = ""

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": ENVIRONMENT.log_level},
    # It announces every blueprint at INFO, on every command's screen.
    "loggers": {"procrastinate.blueprints": {"level": "WARNING"}},
}
