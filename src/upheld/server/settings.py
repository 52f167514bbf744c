"""Django's own settings, made from the environment; whatever an operator may change stands in environment.py."""

from __future__ import annotations

import os
import secrets

from upheld.server.databases import describe_database, find_databases
from upheld.server.environment import read_environment
from upheld.server.top_key import find_signing_key

ENVIRONMENT = read_environment(os.environ)

DEBUG = False
# One drawn here signs for this process alone: it stands where no top key is needed, as in a check of the settings.
SECRET_KEY = find_signing_key(ENVIRONMENT) or secrets.token_urlsafe(48)
HTTPS = ENVIRONMENT.is_https
# Whether a plain request is known to be one: behind a proxy that is not named, every request looks plain.
KNOWS_SCHEME = ENVIRONMENT.tls or bool(ENVIRONMENT.proxy)
MAILBOX = ENVIRONMENT.mailbox  # the folder of mails that may be shown here, or none
PREFIX_MODE = ENVIRONMENT.prefix_mode
OVERVIEW_HOSTS = frozenset(host.lower() for host in ENVIRONMENT.overview_hosts)
ALLOWED_HOSTS = ["*"]  # HostMiddleware decides: the hosts stand in the policy files and change with them

ROOT_URLCONF = "upheld.server.urls"
SITE_URLCONF = "upheld.server.site_urls"
WSGI_APPLICATION = "upheld.server.wsgi.application"
APPEND_SLASH = False

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "upheld.records.apps.RecordsConfig",
    "upheld.records.keyring.apps.KeyringConfig",
    "upheld.web.apps.WebConfig",
    "upheld.pages.apps.PagesConfig",
    "upheld.console.apps.ConsoleConfig",  # before allauth, so that its pages are ours
    "upheld.console.apps.StaffAccountConfig",
    "allauth.mfa",
    "upheld.server.apps.ServerConfig",
]

MIDDLEWARE = [
    "upheld.web.headers.HeaderMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "upheld.web.transport.TransportMiddleware",
    "upheld.web.hosts.HostMiddleware",
    "upheld.web.nul.NulMiddleware",
    "upheld.web.outage.OutageMiddleware",
    "upheld.web.visit_log.VisitMiddleware",
    "upheld.web.cookies.CookieMiddleware",
    "upheld.console.doorway.ConsoleMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["django.templatetags.static"],
            # only pages rendered with their request have these: the console's, no page of a site
            "context_processors": [
                "django.template.context_processors.request",
                "upheld.console.chrome.describe_chrome",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# The data and the keys to it, apart: a copy of one of the two is of no use to anybody.
DATABASES = {alias: describe_database(place) for alias, place in find_databases(ENVIRONMENT).each()}
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

# Django's own cookies are those of staff; a site's cookies come from its policy (upheld.web.cookies).
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Strict"

# Staff: who they are is asked below /console/ on the overview's host only (upheld.console.doorway). No address, no mail.
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = 60 * 60 * 48  # how long the link works with which staff choose their first password
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/console/"
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "staff-session", "staff-csrf"
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = "/console/"
SESSION_COOKIE_AGE = 60 * 30  # signed out after so long without a page, to the minute
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_ENGINE = "upheld.actions.staff_sessions"
LONGEST_STAFF_SESSION_SECONDS = 60 * 60 * 12
FORM_SECONDS = 2.0  # whoever is not signed in and sends a form faster than that is asked to look at it once more
SECOND_FACTOR_REQUIRED = ENVIRONMENT.second_factor == "required"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
CSRF_FAILURE_VIEW = "upheld.console.wrong.answer_forged"
# Counts of failures and used codes, shared by all workers.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "shared_cache",
        "KEY_FUNCTION": "upheld.actions.staff_sessions.hash_count",
        # When there are more, live ones are thrown out too, and with them somebody's lock.
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    },
}

ACCOUNT_ADAPTER = "upheld.console.adapters.StaffAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_REDIRECT_URL = "/console/sign-in/"
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "10/m/ip,5/5m/key"}
MFA_ADAPTER = "upheld.console.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_FORMS = {
    "add_webauthn": "upheld.console.passkeys.AddForm",
    "authenticate_webauthn": "upheld.console.passkeys.AnswerForm",
    "login_webauthn": "upheld.console.passkeys.LoginForm",
    "reauthenticate_webauthn": "upheld.console.passkeys.AgainForm",
}
MFA_TOTP_TOLERANCE = 1
MFA_RECOVERY_CODES_SHOW_ONCE = True

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
