"""Django as its documentation sets it up: a view that verifies, one model, one committed row per delivery.

``DATABASE`` names the SQLite file; WAL and ``synchronous=FULL`` are set, so the promise is the same as ours.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection, models
from django.http import HttpRequest, HttpResponse
from django.urls import path

SECRET = os.environ["SECRET"].encode()

settings.configure(
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="only for the benchmark",
    MIDDLEWARE=["django.middleware.security.SecurityMiddleware", "django.middleware.common.CommonMiddleware"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.environ["DATABASE"],
            "CONN_MAX_AGE": None,
            "OPTIONS": {
                "timeout": 30,
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL",
            },
        }
    },
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
)
django.setup()


class Delivery(models.Model):
    """One row per delivery id and shop."""

    shop = models.TextField()
    delivery_id = models.TextField()
    topic = models.TextField()
    body = models.BinaryField()

    class Meta:
        """The table, and what makes a delivery known."""

        app_label = "peer"
        db_table = "inbox"
        constraints = (models.UniqueConstraint(fields=["shop", "delivery_id"], name="known"),)

    def __str__(self) -> str:
        """The delivery's id."""
        return self.delivery_id


def keep(request: HttpRequest, topic: str) -> HttpResponse:
    """Verifies over the raw bytes, keeps, answers."""
    signature = base64.b64encode(hmac.digest(SECRET, request.body, hashlib.sha256)).decode()
    if not hmac.compare_digest(signature, request.headers.get("X-Shopify-Hmac-Sha256", "")):
        return HttpResponse(status=401)
    Delivery.objects.get_or_create(
        shop=request.headers["X-Shopify-Shop-Domain"],
        delivery_id=request.headers["X-Shopify-Webhook-Id"],
        defaults={"topic": topic, "body": request.body},
    )
    return HttpResponse(status=200)


keep.csrf_exempt = True  # type: ignore[attr-defined]
urlpatterns = [path("webhooks/shopify/<path:topic>", keep)]

with connection.schema_editor() as editor:
    editor.create_model(Delivery)
app = get_wsgi_application()
