"""Django's settings, all of them derived from `config.environment`."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from config import databases, demo, environment, logs, pacing
from config.sidebar import JOBS, NAVIGATION, UNFOLD

ENV = environment.read()
ROOT = Path(__file__).resolve().parent.parent

HERALD_HOME = ENV.herald_home.resolve()
HERALD_PORT = ENV.herald_port
HERALD_BIND = ENV.herald_bind
TRUSTED_PROXIES = ENV.proxies
DEMO = demo.read(HERALD_HOME)  # in a demo home nothing leaves this machine, whatever the environment says
HERALD_DEMO = DEMO is not None
HERALD_LANGUAGES = ("en", "fr", "de", "it", "ru", "es")
FEED_FOLDER = HERALD_HOME / "feeds"
FEED_APP = "feeds.serving.application"
BASE_URL = DEMO.base_url if DEMO else ENV.base_url
SUB_PATH = urlsplit(BASE_URL).path  # "" on a host of its own; see config.places and docs/decisions/0095
FORCE_SCRIPT_NAME = SUB_PATH or None
SMTP_URL = DEMO.smtp_url if DEMO else ENV.smtp_url.get_secret_value()
HERALD_ENVIRONMENT = "development" if DEMO else ENV.herald_environment
MAIL_ONLY_TO = None if DEMO else ENV.mail_allowed  # a demo's mail ends in its own catcher
SMTP_CONNECTIONS = ENV.smtp_connections
ASKS_PER_CLIENT = ENV.asks_per_client
ASKS_PER_HOUR = ENV.asks_per_hour
DOMAIN_LIMITS = pacing.domains(ENV.domain_limits)
RETRY_SCHEDULE = pacing.schedule(ENV.retry_schedule)
RETRY_LIFETIME = pacing.duration(ENV.retry_lifetime)
RETRY_LIFETIME_LETTERS = pacing.duration(ENV.retry_lifetime_letters)
LEDGER_DAYS = ENV.ledger_days
DKIM_KEYS = [] if DEMO else ENV.dkim
BOUNCE_ADDRESS = "" if DEMO else ENV.bounce_address
BOUNCE_DELIMITER = ENV.bounce_delimiter
BOUNCE_SOFT_LIMIT = ENV.bounce_soft_limit
REPLIES_BIND = "" if DEMO else ENV.replies_bind
WEBHOOKS = {} if DEMO else ENV.hooks
FEED_REPEAT_LIMIT = ENV.feed_repeat_limit
LIVE_LISTENERS = ENV.live_listeners
LIVE_LISTENERS_PER_ADDRESS = ENV.live_listeners_per_address
CANARY_EVERY = None if DEMO else ENV.canary  # a demo moves its clock
CANARY_OVERDUE = ENV.canary_late
CANARY_URL = ENV.canary_url
CANARY_ADDRESS = ENV.canary_address
HEARTBEAT_URL = ENV.heartbeat_url.get_secret_value()
FETCH_ALLOW = ENV.fetch_allowed
FETCH_PROXY = ENV.fetch_proxy.get_secret_value()
ADDRESS_KEY = ENV.address_key_bytes

SECRET_KEY = ENV.secret_key.get_secret_value()
SECRET_KEY_FALLBACKS = ENV.fallbacks
DEBUG = ENV.debug
ALLOWED_HOSTS = sorted({urlsplit(BASE_URL).hostname or "localhost", "localhost", "127.0.0.1", "[::1]"})
CSRF_TRUSTED_ORIGINS = [BASE_URL.removesuffix(SUB_PATH)]  # an origin has no path

INSTALLED_APPS = [
    "config.apps.Unfold",
    "config.apps.Admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "config.apps.ConfigConfig",
    "feeds.apps.FeedsConfig",
    "notifier.apps.NotifierConfig",
]

MIDDLEWARE = [
    "config.middleware.AccessLog",
    "config.middleware.ContentSecurityPolicy",
    "feeds.api.middleware.ApiAnswers",
    "django.middleware.security.SecurityMiddleware",
    "config.middleware.StaticFiles",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "config.accounts.middleware.Accounts",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.middleware.PageLanguage",
    "feeds.pages.faults.FaultPages",
]
if HERALD_DEMO:
    MIDDLEWARE.append("notifier.demo.middleware.DemoAdmin")

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"

TEMPLATES = [
    {
        "NAME": "jinja2",
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [ROOT / "feeds" / "templates", ROOT / "notifier" / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {"environment": "feeds.templating.environment"},
    },
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "config" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "notifier.admin.switch.context",
            ],
        },
    },
]

_URL = "" if DEMO else ENV.database_url.get_secret_value()
_DIRECT = "" if DEMO else ENV.database_direct_url.get_secret_value()
DATABASES = {"default": databases.from_url(_URL, HERALD_HOME, pooled=bool(_DIRECT))}
DATABASE_DIRECT = databases.from_url(_DIRECT, HERALD_HOME) if _DIRECT else {}

DATABASE_POOL = ENV.database_pool
ENGINE = "in-process" if DEMO else ENV.engine
if ENGINE == "procrastinate":
    INSTALLED_APPS.append("procrastinate.contrib.django")
    UNFOLD["SIDEBAR"]["navigation"] = [*NAVIGATION, JOBS]
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = ""  # nothing of it is loaded where nobody pokes or works
PROCRASTINATE_IMPORT_PATHS = ["notifier.distributed"]

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = "en"
FORMAT_MODULE_PATH = ["config.formats"]
LANGUAGE_COOKIE_NAME = "lang"
LANGUAGES = [
    ("en", "English"), ("fr", "Français"), ("de", "Deutsch"), ("it", "Italiano"), ("ru", "Русский"), ("es", "Español"),
]  # fmt: skip
LOCALE_PATHS = [ROOT / "notifier" / "locale"]

STATIC_URL = f"{SUB_PATH}/static/"
STATIC_ROOT = HERALD_HOME / "static"
STATICFILES_DIRS = [("herald", ROOT / "notifier" / "static")]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

SECURE = BASE_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_ENGINE = "config.accounts.sessions"
SESSION_COOKIE_AGE = 12 * 3600  # without a request; see config.accounts.sessions for the longest
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_NAME = "__Host-session" if SECURE else "session"
if SUB_PATH:
    # The host is shared: cookies are for our path, and named so that no neighbour's at / is taken for ours.
    SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = LANGUAGE_COOKIE_PATH = SUB_PATH
    SESSION_COOKIE_NAME = "__Secure-herald-session" if SECURE else "herald-session"  # __Host- is for / alone
    CSRF_COOKIE_NAME, LANGUAGE_COOKIE_NAME = "herald-csrf", "herald-lang"
    MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # its cookie would be for /
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",  # of accounts made before; the next sign-in renews it
]
LOGIN_REDIRECT_URL = "admin:index"
SECOND_FACTOR = ENV.second_factor
OIDC = ENV.oidc
AUTHORITIES = ENV.ssl_cert_file
SECURE_SSL_REDIRECT = False  # the proxy in front does that, and knows the scheme
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None
# It binds the whole host and all below it, which is not ours to say under a path of somebody else's.
SECURE_HSTS_SECONDS = 31_536_000 if SECURE and not SUB_PATH else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE and not SUB_PATH
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "feeds.pages.faults.form_again"
SILENCED_SYSTEM_CHECKS = ["security.W008"]

LOGGING = logs.configured(ENV.log_level, ENV.log_format, ENV.all_secrets)
