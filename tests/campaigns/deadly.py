"""A worker that a delivery kills: SIGKILL to itself, as the system does it for want of memory, when an order is recorded."""

from __future__ import annotations

import os
import signal
from typing import Any

from sqlalchemy import Engine, event

from plugin import config, runtime
from plugin.worker import inbox_step

ORDERS = 'INSERT INTO orders ("'


def main(order_id: str) -> None:
    """Takes deliveries in until none is due; the order of this number is deadly."""

    def look(_db: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if statement.startswith(ORDERS) and order_id in str(parameters):
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "before_cursor_execute", look)
    built = runtime.build(config.from_env(os.environ))
    while inbox_step.run(built):
        pass
    built.database.close()
