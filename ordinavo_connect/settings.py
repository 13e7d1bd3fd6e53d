"""Settings, read from the environment. Each is described in `.env.example`; a bad value stops the start."""

import ipaddress
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import environ
import pghistory
import pgtrigger
import structlog
from cryptography.fernet import Fernet
from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.core.exceptions import ImproperlyConfigured
from django.utils.functional import SimpleLazyObject

from ordinavo_connect.admin_theme import UNFOLD  # noqa: F401
from ordinavo_connect.api.masking import mask_line
from ordinavo_connect.running.postgres import connection_urls
from ordinavo_connect.running.secrets import encryption_key, secret_key

T = TypeVar("T")

BROKERS = ("redis", "rediss", "amqp", "amqps")
BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()


def _read(name: str, convert: Callable[[str], T], default: str) -> T:
    """One setting from the environment.

    Raises:
        ImproperlyConfigured: its value cannot be used; the message names it.
    """
    text = env.str(name, default=default)
    try:
        return convert(text)
    except (ValueError, KeyError) as error:
        raise ImproperlyConfigured(f"{name}={text!r}: {error}") from error


def _boolean(text: str) -> bool:
    known = {
        "true": True,
        "1": True,
        "yes": True,
        "on": True,
        "false": False,
        "0": False,
        "no": False,
        "off": False,
    }
    if text.strip().lower() not in known:
        raise ValueError("true or false is expected.")
    return known[text.strip().lower()]


def _between(low: int, high: int) -> Callable[[str], int]:
    def convert(text: str) -> int:
        number = int(text)
        if not low <= number <= high:
            raise ValueError(f"a whole number from {low} to {high} is expected.")
        return number

    return convert


def _number_between(low: float, high: float) -> Callable[[str], float]:
    def convert(text: str) -> float:
        number = float(text)
        if not low <= number <= high:
            raise ValueError(f"a number from {low} to {high} is expected.")
        return number

    return convert


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _hosts(text: str) -> list[str]:
    if not (hosts := _words(text)):
        raise ValueError("at least one host is expected.")
    return hosts


def _origins(text: str) -> list[str]:
    if strange := [word for word in _words(text) if not word.startswith(("https://", "http://"))]:
        raise ValueError(f"{strange[0]} does not begin with https://.")
    return _words(text)


def _one_of(*allowed: str) -> Callable[[str], str]:
    def convert(text: str) -> str:
        if text not in allowed:
            raise ValueError(f"one of {', '.join(allowed)} is expected.")
        return text

    return convert


def _networks(text: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    return [ipaddress.ip_network(word) for word in _words(text)]


def _encryption_keys() -> list[str]:
    keys = _words(env.str("ENCRYPTION_KEYS", default=""))
    try:
        for key in keys:
            Fernet(key)
    except ValueError:
        # The keys stay out of the message.
        hint = "32 bytes in URL-safe base64 each are expected, separated by commas"
        raise ImproperlyConfigured(f"ENCRYPTION_KEYS: {hint}.") from None
    return keys


def _database(name: str, url: str) -> dict[str, Any]:
    try:
        database: dict[str, Any] = environ.Env.db_url_config(url)
    except Exception as error:
        # The URL holds a password: it stays out of the message, and so does its parser's.
        raise ImproperlyConfigured(f"{name}: this is no database URL ({type(error).__name__}).") from None
    if database.get("ENGINE") != "django.db.backends.postgresql":
        raise ImproperlyConfigured(f"{name}: a postgres:// URL is expected; no other database is supported.")
    return database | {
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": database.get("OPTIONS", {}) | {"application_name": "ordinavo-connect"},
    }


def _mail_server(url: str) -> dict[str, Any]:
    try:
        server: dict[str, Any] = environ.Env.email_url_config(url) if url else {}
    except Exception as error:
        # The URL may hold a password: it stays out of the message.
        problem = f"this is no URL of a mail server ({type(error).__name__})"
        raise ImproperlyConfigured(f"EMAIL_URL: {problem}.") from None
    return server


def _broker_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        usable = not url or (parts.scheme in BROKERS and bool(parts.hostname) and parts.port != 0)
    except ValueError:
        usable = False
    if not usable:
        # The URL may hold a password: it stays out of the message.
        raise ImproperlyConfigured("CELERY_BROKER_URL: redis://host:6379/0 or amqp://host:5672/ is expected.")
    return url


def _map_service(kind: str, url: str) -> str:
    parts = urlsplit(url)
    if kind != "great_circle" and not (parts.scheme in ("http", "https") and parts.hostname):
        raise ImproperlyConfigured(
            f"TRAVEL_MATRIX_URL: {kind} needs the address of the service, as http://localhost:5000."
        )
    return url


# Where the product runs

VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var"))).absolute()
DEBUG = _read("DEBUG", _boolean, "false")
SECRET_KEY = env.str("SECRET_KEY", default="") or secret_key(VAR_DIR)
ALLOWED_HOSTS = _read("ALLOWED_HOSTS", _hosts, "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = _read("CSRF_TRUSTED_ORIGINS", _origins, "")
TRUSTED_PROXIES = _read("TRUSTED_PROXIES", _networks, "")
SECURE_COOKIES = _read("SECURE_COOKIES", _boolean, "false")

_app_url, _owner_url = env.str("DATABASE_URL", default=""), env.str("DATABASE_OWNER_URL", default="")
IS_DATABASE_EMBEDDED = not _app_url
if not _app_url:
    _app_url, _owner_url = connection_urls(VAR_DIR)
DATABASES = {
    "default": _database("DATABASE_URL", _app_url),
    # Runs migrations; the application's role only works with rows.
    "owner": _database("DATABASE_OWNER_URL", _owner_url or _app_url) | {"TEST": {"MIRROR": "default"}},
}

# What lies encrypted in the database: the first key encrypts, all decrypt. The file is made when it is needed.

ENCRYPTION_KEYS: Any = _encryption_keys()
ARE_ENCRYPTION_KEYS_SET = bool(ENCRYPTION_KEYS)
if not ARE_ENCRYPTION_KEYS_SET:
    ENCRYPTION_KEYS = SimpleLazyObject(lambda: [encryption_key(VAR_DIR)])

# Bounds of the API (API contract, Import, Idempotency)

MAX_BODY_BYTES = _read("MAX_BODY_BYTES", _between(1024, 1 << 30), str(20 * 1024 * 1024))
REQUEST_BODY_TIMEOUT_SECONDS = _read("REQUEST_BODY_TIMEOUT_SECONDS", _between(1, 600), "30")
MAX_BATCH_ITEMS = _read("MAX_BATCH_ITEMS", _between(1, 1_000_000), "10000")
IDEMPOTENCY_HOURS = _read("IDEMPOTENCY_HOURS", _between(1, 24 * 365), "24")
WEB_THREADS = _read("WEB_THREADS", _between(1, 256), "8")
DATA_UPLOAD_MAX_MEMORY_SIZE = None  # The edge bounds bodies, chunked ones too.

# Where webhooks may go besides the open network, by https (API contract, Webhooks)

WEBHOOK_ALLOWED_NETWORKS = _read("WEBHOOK_ALLOWED_NETWORKS", _networks, "")
WEBHOOK_ALLOW_HTTP = _read("WEBHOOK_ALLOW_HTTP", _boolean, "false")

# Mail, for the notices of operators; without a server they stand in the pages and in the log alone

_mail = _mail_server(env.str("EMAIL_URL", default=""))
HAS_MAIL_SERVER = bool(_mail)
EMAIL_BACKEND = _mail.get("EMAIL_BACKEND", "django.core.mail.backends.smtp.EmailBackend")
EMAIL_HOST, EMAIL_PORT = _mail.get("EMAIL_HOST") or "localhost", _mail.get("EMAIL_PORT") or 25
EMAIL_HOST_USER = _mail.get("EMAIL_HOST_USER") or ""
EMAIL_HOST_PASSWORD = _mail.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS, EMAIL_USE_SSL = _mail.get("EMAIL_USE_TLS", False), _mail.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("EMAIL_FROM", default="ordinavo-connect@localhost")

# GET /metrics, for Prometheus: without a token it is not there

METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

# Workers: what wakes them, and how many tasks one of them works on at a time

CELERY_BROKER_URL = _broker_url(env.str("CELERY_BROKER_URL", default=""))
WORKER_PROCESSES = _read("WORKER_PROCESSES", _between(1, 64), "2")

# Travel times of route suggestions: straight lines, or a map service by its address

TRAVEL_MATRIX = _read("TRAVEL_MATRIX", _one_of("great_circle", "osrm", "valhalla"), "great_circle")
TRAVEL_MATRIX_URL = _map_service(TRAVEL_MATRIX, env.str("TRAVEL_MATRIX_URL", default=""))
TRAVEL_DETOUR_FACTOR = _read("TRAVEL_DETOUR_FACTOR", _number_between(1, 5), "1.3")
TRAVEL_SPEED_KMH = _read("TRAVEL_SPEED_KMH", _number_between(5, 130), "45")

# The map of the planning page: without tiles it has a plain background, and asks nobody

MAP_TILES_URL = env.str("MAP_TILES_URL", default="")
MAP_TILES_ATTRIBUTION = env.str("MAP_TILES_ATTRIBUTION", default="")

# Parts

INSTALLED_APPS = [
    "ordinavo_connect.apps.OrdinavoConnectConfig",
    "ordinavo_connect.api.apps.ApiConfig",
    "ordinavo_connect.clients.apps.ClientsConfig",
    "webhooks.events.apps.EventsConfig",
    "webhooks.delivery.apps.DeliveryConfig",
    "customers.apps.CustomersConfig",
    "imports.apps.ImportsConfig",
    "routing.planning.apps.PlanningConfig",
    "routing.visits.apps.VisitsConfig",
    "routing.billing.apps.BillingConfig",
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "ordinavo_connect.clients.apps.ConnectAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "axes",
    "csp",
    "django_structlog",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "pghistory",
    "pgtrigger",
    "rest_framework",
]
MIDDLEWARE = [
    "ordinavo_connect.api.correlation.CorrelationMiddleware",
    "ordinavo_connect.api.errors.ErrorEnvelopeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "ordinavo_connect.api.request_log.RequestLog",
    "ordinavo_connect.clients.active_tenant.ActiveTenantMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "ordinavo_connect.urls"
WSGI_APPLICATION = None
APPEND_SLASH = False
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# People

AUTH_USER_MODEL = "clients.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "ordinavo_connect.clients.roles.RoleBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
AXES_CLIENT_IP_CALLABLE = "ordinavo_connect.api.client_address.address_of"
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_COOKIES
SESSION_COOKIE_HTTPONLY = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        # The admin theme's Alpine evaluates expressions of its own templates; nothing is inline.
        "script-src": [SELF, UNSAFE_EVAL],
        "style-src": [SELF, UNSAFE_INLINE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# Texts

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
USE_I18N = USE_TZ = True
TIME_ZONE = "UTC"

# Files

STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

# API

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["ordinavo_connect.clients.authentication.ApiKeyAuthentication"],
    "DEFAULT_PARSER_CLASSES": ["ordinavo_connect.api.json.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["ordinavo_connect.api.json.JSONRenderer"],
    "EXCEPTION_HANDLER": "ordinavo_connect.api.errors.exception_handler",
    "DEFAULT_SCHEMA_CLASS": "ordinavo_connect.api.schema.Schema",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Ordinavo Connect API",
    "VERSION": "v1",
    "OAS_VERSION": "3.1.0",
}

# History of the registry: statement triggers, since row triggers grow quadratically in one transaction.

PGHISTORY_LEVEL = pgtrigger.Statement
PGHISTORY_CONTEXT_FIELD = pghistory.ContextJSONField()
PGHISTORY_CONTEXT_ID_FIELD = pghistory.ContextUUIDField()
PGHISTORY_APPEND_ONLY = False  # The application's role has no right to change history: see running/postgres.

# Logs: one JSON object a line, with the correlation id

LOG_LEVEL = _read("LOG_LEVEL", _one_of("DEBUG", "INFO", "WARNING", "ERROR"), "INFO")
DJANGO_STRUCTLOG_STATUS_START_LOG_LEVEL = logging.DEBUG
LOG_FORMAT = _read("LOG_FORMAT", _one_of("json", "console"), "json")
_log_steps: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "structured": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer()
                if LOG_FORMAT == "json"
                else structlog.dev.ConsoleRenderer(
                    # The default prints local variables, the caller's key among them.
                    colors=False,
                    exception_formatter=structlog.dev.plain_traceback,
                ),
                mask_line,
            ],
            "foreign_pre_chain": _log_steps,
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "structured"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "django.server": {"handlers": ["console"], "propagate": False},
        # One line a task is enough: ordinavo_connect/celery.py writes it.
        "celery.worker.request": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
        # Django repeats what django-structlog says of each request.
        "django.request": {"level": "ERROR"},
        # Answered with a 400 that says so; whoever scans the internet does not fill the log with tracebacks.
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        "django.security.TooManyFieldsSent": {"level": "CRITICAL"},
    },
}
structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        *_log_steps,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
