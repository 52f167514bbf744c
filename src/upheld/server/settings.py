"""Django's own settings, made from the environment; whatever an operator may change stands in environment.py."""

from __future__ import annotations

import os
import secrets

from upheld.server.environment import read_environment

ENVIRONMENT = read_environment(os.environ)

DEBUG = False
SECRET_KEY = ENVIRONMENT.secret_key or secrets.token_urlsafe(48)
HTTPS = ENVIRONMENT.https
PREFIX_MODE = ENVIRONMENT.prefix_mode
OVERVIEW_HOSTS = frozenset(host.lower() for host in ENVIRONMENT.overview_hosts)
ALLOWED_HOSTS = ["*"]  # HostMiddleware decides: the hosts stand in the policy files and change with them

ROOT_URLCONF = "upheld.server.urls"
SITE_URLCONF = "upheld.server.site_urls"
WSGI_APPLICATION = "upheld.server.wsgi.application"
APPEND_SLASH = False

INSTALLED_APPS = [
    "django.contrib.staticfiles",
    "upheld.records.apps.RecordsConfig",
    "upheld.records.keyring.apps.KeyringConfig",
    "upheld.web.apps.WebConfig",
    "upheld.pages.apps.PagesConfig",
    "upheld.server.apps.ServerConfig",
]

MIDDLEWARE = [
    "upheld.web.headers.HeaderMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "upheld.web.hosts.HostMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"builtins": ["django.templatetags.static"]},
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# The data and the keys to it, apart: a copy of one of the two is of no use to anybody.
# One writer at a time and readers never wait: a write begins as a write (IMMEDIATE), so it cannot fail half-way for the lock.
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 5,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA secure_delete=ON;",
}
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": ENVIRONMENT.state / "upheld.sqlite3",
        "OPTIONS": SQLITE_OPTIONS,
        "CONN_MAX_AGE": None,
    },
    "keys": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": ENVIRONMENT.state / "keys.sqlite3",
        "OPTIONS": SQLITE_OPTIONS,
        "CONN_MAX_AGE": None,
    },
}
DATABASE_ROUTERS = ["upheld.records.router.KeysApart"]
AUTH_USER_MODEL = "records.Staff"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

STATIC_URL = "/static/"
STATIC_ROOT = ENVIRONMENT.state / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_KEEP_ONLY_HASHED_FILES = True

LANGUAGE_CODE = "en-us"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

# No cookie is set yet. Whoever adds one takes its path from upheld.web.hosts.find_cookie_path.
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"

LOG_LINE = "{asctime} {levelname} {name} {message}"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": LOG_LINE, "style": "{"},
        "refusal": {"()": "upheld.server.refusals.RefusalFormatter", "fmt": LOG_LINE, "style": "{"},
    },
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "line"},
        "refusals": {"class": "logging.StreamHandler", "formatter": "refusal"},
    },
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "upheld": {"level": ENVIRONMENT.log_level.upper()},
        # Django repeats the path of every 404 here, and a path may hold what a visitor typed.
        "django.request": {"level": "ERROR", "handlers": [], "propagate": True},
        # Django gives each request that it will not read a traceback here, as an error of ours.
        "django.security": {"level": "WARNING", "handlers": ["refusals"], "propagate": False},
    },
}
