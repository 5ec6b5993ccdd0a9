"""Deliveries are answered before the application is asked, and nobody can tell."""

from __future__ import annotations

from dataclasses import replace

from werkzeug.test import Client

from plugin.app import create_app
from tests.pages.world import World, deaf


def test_a_delivery_is_answered_alike_before_the_application_and_in_it(world: World) -> None:
    """The short way for deliveries gives the application's answer, hardened headers included, and is counted as it is."""
    ear = replace(deaf(world.clock), topics=frozenset({"orders/create"}))
    app = create_app(world.runtime, ear=ear, on_first_open=lambda _domain, _token: None)
    front = app.wsgi_app
    answers = []
    for reached in (front, front.inner):  # type: ignore[attr-defined]
        answer = Client(reached).post("/webhooks/shopify/orders/create", data=b"{}")
        answers.append((answer.status, answer.text, sorted(answer.headers)))

    assert answers[0] == answers[1]
    assert ("X-Content-Type-Options", "nosniff") in answers[0][2]
    counted = 'regulars_http_answers_total{method="POST",route="/webhooks/shopify/<path:topic>",status="401"} 2.0'
    assert counted in app.test_client().get("/metrics").text
