"""The report's tables as files, ``/api/v1/report``: each as a whole, from what the nights have told."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, Response, request

from plugin.pages import asked, began, export, figures, report_files, told_habits
from plugin.pages.access import Visitor
from plugin.pages.front import Front
from plugin.pages.guard import Answer, guarded


def blueprint(front: Front) -> Blueprint:
    """An address for each table; before the first night a file holds the names of its fields."""
    api = Blueprint("report_api", __name__, url_prefix="/api/v1/report")
    for name in report_files.FIELDS:
        api.add_url_rule(f"/{name}.csv", name, guarded(front)(partial(_file, front, name)))
    return api


def _file(front: Front, name: str, visitor: Visitor) -> Answer:
    shop = visitor.shop
    with front.runtime.database.reading() as db:
        habits = told_habits.told(db, shop.shop_id)
        overview = figures.told(db, shop.shop_id) if name == "cohorts" else {}
    if name == "cohorts":
        by = asked.one_of(request.args, "by", began.CHOICES) or "month"
        rows = report_files.cohorts(overview, habits, by=by, currency=shop.currency)
    else:
        rows = report_files.PLAIN[name](habits)
    answer = Response(export.as_csv(rows, report_files.FIELDS[name]), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer
