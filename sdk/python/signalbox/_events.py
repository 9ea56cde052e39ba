from __future__ import annotations

import http.client
import json
import time
from typing import Iterator, List, Tuple

from ._errors import SignalboxError
from ._http import Line, Server, backoff, is_passing, segment
from ._wire import RunEvent

#: The server says something every 15 s; a line that is silent for longer is dead.
SILENCE = 45.0


def follow_run(server: Server, run_id: str, after: int = 0) -> Iterator[RunEvent]:
    """A run's events until its end. A line that breaks is opened again after the last number seen."""
    last = after
    failures = 0
    while True:
        is_heard = False
        try:
            for kind, data in _listen(server, run_id, last):
                is_heard = True
                failures = 0
                if kind == "end":
                    return
                event: RunEvent = json.loads(data)
                if event["seq"] > last:
                    last = event["seq"]
                    yield event
            if not is_heard:
                # Whoever closes it without a word, a proxy for one, is not asked again at once.
                failures += 1
                time.sleep(backoff(failures))
        except SignalboxError as error:
            if not is_passing(error):
                raise
            failures += 1
            time.sleep(backoff(failures, retry_after=error.retry_after))


def _listen(server: Server, run_id: str, last: int) -> Iterator[Tuple[str, str]]:
    line = Line(server)
    try:
        response = line.send(
            "GET",
            f"/runs/{segment(run_id)}/events",
            query={"follow": 1, "after": last},
            headers={"Accept": "text/event-stream"},
            timeout=SILENCE,
        )
        yield from parse_events(response)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise SignalboxError("UNREACHABLE", f"The stream of events broke off: {error}") from error
    finally:
        line.close()


def parse_events(lines: "http.client.HTTPResponse | List[bytes]") -> Iterator[Tuple[str, str]]:
    """Lines of a stream of server-sent events into its messages."""
    kind = "message"
    data: List[str] = []
    for raw in lines:
        text = raw.decode().rstrip("\r\n")
        field, _, value = text.partition(":")
        value = value[1:] if value.startswith(" ") else value
        if text == "":
            if data:
                yield kind, "\n".join(data)
            kind, data = "message", []
        elif field == "event":
            kind = value
        elif field == "data":
            data.append(value)
