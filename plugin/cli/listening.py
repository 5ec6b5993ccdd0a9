"""``regulars listen``: deliveries that do not come by HTTPS but lie in a queue."""

from __future__ import annotations

import importlib.util
import signal
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from types import FrameType
from typing import Any

import click

from plugin import assembly, logs
from plugin.cli import context
from webhooks import envelopes, hearing
from webhooks.hearing import TRUNCATED, Ear
from webhooks.keeper import Keeper

#: as many as one question to SQS brings
BATCH = 10
WAIT_SECONDS = 20


@click.group()
def listen() -> None:
    """Take deliveries out of a queue into the inbox."""


@listen.command()
@click.argument("queue_url")
@click.option("--region", help="Of the queue; default: as the AWS settings of this machine say.")
@click.option("--endpoint-url", help="Another service that speaks SQS, for a test.")
@click.option("--until-empty", is_flag=True, help="Stop when the queue is empty.")
def sqs(queue_url: str, region: str | None, endpoint_url: str | None, *, until_empty: bool) -> None:
    """Take Shopify's deliveries, which EventBridge has put there, out of the Amazon SQS queue QUEUE_URL.

    A message leaves the queue once it is durable here. One that cannot be understood stays, so give the queue a
    dead-letter queue.
    """
    if importlib.util.find_spec("boto3") is None:
        raise context.Problem("This needs Amazon's library: pip install 'regulars[aws]'.")
    import boto3  # noqa: PLC0415 - an optional extra

    stop = threading.Event()

    def halt(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    with context.opened() as built:
        logs.set_up(built.config.log_format)
        signal.signal(signal.SIGTERM, halt)
        signal.signal(signal.SIGINT, halt)
        keeper = Keeper(built.database)
        client = boto3.client("sqs", region_name=region, endpoint_url=endpoint_url)
        click.echo("Listening to the queue; Ctrl-C stops it.", err=True)
        try:
            _listen(client, queue_url, assembly.ear(built, keeper.keep), stop, until_empty=until_empty)
        finally:
            keeper.close()


def _listen(client: Any, queue_url: str, ear: Ear, stop: threading.Event, *, until_empty: bool) -> None:
    with ThreadPoolExecutor(max_workers=BATCH, thread_name_prefix="queue") as pool:
        while not stop.is_set():
            wait = 0 if until_empty else WAIT_SECONDS
            answer = client.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=BATCH, WaitTimeSeconds=wait)
            messages = answer.get("Messages", [])
            if until_empty and not messages:
                return
            # each waits for its commit, and all of them share one
            heard = list(pool.map(lambda message: taken(ear, message["Body"]), messages))
            _delete(client, queue_url, [one for one, done in zip(messages, heard, strict=True) if done])


def taken(ear: Ear, text: str) -> bool:
    """Whether a message is done with: kept, known, or of a store that has not installed us."""
    try:
        letter = envelopes.from_eventbridge(text)
    except envelopes.BadEnvelope:
        ear.count(TRUNCATED.name)
        return False
    return hearing.queued(ear, letter.headers, letter.body).status == 200


def _delete(client: Any, queue_url: str, messages: Sequence[dict[str, Any]]) -> None:
    if messages:
        entries = [{"Id": str(place), "ReceiptHandle": one["ReceiptHandle"]} for place, one in enumerate(messages)]
        client.delete_message_batch(QueueUrl=queue_url, Entries=entries)


COMMANDS = (listen,)
