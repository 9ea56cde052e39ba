from __future__ import annotations

import json
import threading
import time
from typing import Any, Callable, Dict, List, Mapping, Optional

from ._errors import SignalboxError, describe
from ._http import backoff, retry_after_of

MAX_REPORTS = 500
MAX_BATCH = 1_000_000
#: Log lines for a server that is away are kept up to here; answers always are.
MAX_LOGS = 8_000_000
#: Lines that come within this time travel together.
GATHER = 0.1
REFUSED = frozenset((400, 413, 422))


class Entry:
    """A report on its way, already written as JSON."""

    def __init__(
        self, key: str, text: str, *, is_answer: bool, replace: Optional[Callable[[str], str]] = None
    ) -> None:
        self.key = key
        self.text = text
        self.is_answer = is_answer
        self.replace = replace


class Outbox:
    """Keeps what is to be reported until the server has answered it, in order."""

    def __init__(
        self,
        *,
        send: Callable[[List[str]], List[Dict[str, Any]]],
        hear: Callable[[str, Mapping[str, Any]], None],
        trouble: Callable[[str], None],
        over: threading.Event,
    ) -> None:
        self._send = send
        self._hear = hear
        self._trouble = trouble
        self._over = over
        self._entries: List[Entry] = []
        self._changed = threading.Condition()
        self._log_size = 0
        self._dropped = 0
        # What the server has refused as a whole is tried in smaller parts, until the one that it refuses is alone.
        self._most = MAX_REPORTS

    def add(self, entry: Entry) -> None:
        with self._changed:
            if not entry.is_answer:
                if self._log_size + len(entry.text) > MAX_LOGS:
                    self._dropped += 1
                    return
                self._log_size += len(entry.text)
            self._entries.append(entry)
            self._changed.notify_all()

    def flush(self, within: float) -> bool:
        """True when all of it has been answered."""
        until = time.monotonic() + within
        with self._changed:
            while self._entries and not self._over.is_set():
                left = until - time.monotonic()
                if left <= 0:
                    return False
                self._changed.wait(left)
            return not self._entries

    def wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def work(self) -> None:
        """A thread's life."""
        failures = 0
        while not self._over.is_set():
            batch = self._next_batch()
            if not batch:
                continue
            try:
                told = self._send([entry.text for entry in batch])
            except Exception as error:  # Whatever it is, a thread that ends would keep all answers for good.
                if isinstance(error, SignalboxError) and error.status in REFUSED:
                    self._split_or_replace(error, batch)
                    continue
                failures += 1
                if failures == 1:
                    self._trouble(f"Reports are kept until the server takes them: {describe(error)}")
                self._over.wait(backoff(failures, most=5.0, retry_after=retry_after_of(error)))
                continue
            if failures > 0:
                self._trouble("The server answers again; nothing that was to be reported is lost.")
                failures = 0
            self._remove(len(batch))
            for entry, answer in zip(batch, told):
                try:
                    self._hear(entry.key, answer)
                except Exception as error:
                    self._trouble(f"An answer to a report was not understood: {describe(error)}")
            self._say_dropped()

    def _next_batch(self) -> List[Entry]:
        with self._changed:
            if not self._entries:
                self._changed.wait(60.0)
            has_answer = any(entry.is_answer for entry in self._entries)
            if self._entries and not has_answer:
                self._changed.wait(GATHER)
            batch: List[Entry] = []
            size = 0
            for entry in self._entries:
                if len(batch) == self._most or (batch and size + len(entry.text) > MAX_BATCH):
                    break
                batch.append(entry)
                size += len(entry.text)
            return batch

    def _remove(self, count: int) -> None:
        with self._changed:
            for entry in self._entries[:count]:
                if not entry.is_answer:
                    self._log_size -= len(entry.text)
            del self._entries[:count]
            self._changed.notify_all()

    def _split_or_replace(self, error: SignalboxError, batch: List[Entry]) -> None:
        if len(batch) > 1:
            self._most = (len(batch) + 1) // 2
            return
        self._most = MAX_REPORTS
        entry = batch[0]
        self._trouble(f"The server refused a report: {error}")
        if entry.replace is None:
            self._remove(1)
            return
        with self._changed:
            self._entries[0] = Entry(entry.key, entry.replace(str(error)), is_answer=True)

    def _say_dropped(self) -> None:
        with self._changed:
            dropped, self._dropped = self._dropped, 0
        if dropped > 0:
            self._trouble(f"{dropped} log lines were left out, since the server took none for too long.")


def report_text(task: Mapping[str, Any], kind: str, fields: Mapping[str, Any], output: Optional[str] = None) -> str:
    """One report as JSON; the output is JSON already."""
    text = json.dumps({"type": kind, "task_id": task["task_id"], "epoch": task["epoch"], **fields})
    return text if output is None else f'{text[:-1]},"output":{output}}}'
