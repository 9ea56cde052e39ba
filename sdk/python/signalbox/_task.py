from __future__ import annotations

import json
import threading
from datetime import datetime, timezone
from typing import Any, Callable, Dict, Mapping, Optional

from ._errors import TaskCancelled
from ._http import Http, Server, segment
from ._workspace import Workspace

Tell = Callable[[Dict[str, Any]], None]


class Task:
    """One hand-out of a task, with what a handler may do while it works on it."""

    def __init__(
        self,
        granted: Mapping[str, Any],
        *,
        server: Server,
        agent_id: str,
        tell_log: Tell,
        tell_progress: Callable[[float, Optional[str]], None],
    ) -> None:
        self.task_id: str = granted["task_id"]
        self.run_id: str = granted["run_id"]
        #: The number of the hand-out.
        self.epoch: int = granted["epoch"]
        #: 1 for the first try.
        self.attempt: int = granted["attempt"]
        self.stage: str = granted["stage"]
        self.capability: str = granted["capability"]
        self.config: Dict[str, Any] = granted["config"]
        self.input: Any = granted["input"]
        self.parameters: Dict[str, Any] = granted["parameters"]
        #: The same over all attempts: give it to whatever has effects outside, so that they happen once.
        self.effect_key = f"{self.run_id}/{self.stage}"
        #: Set when the run is cancelled, the attempt has timed out, or somebody else has the task.
        self.cancel_event = threading.Event()
        #: Why, once it is set.
        self.cancel_reason: Optional[str] = None
        #: Files shared with the other agents of the run.
        self.workspace = Workspace(Http(server), self.task_id, epoch=self.epoch)
        self._server = server
        self._objects = f"/agents/{agent_id}/tasks/{self.task_id}/objects"
        self._tell_log = tell_log
        self._tell_progress = tell_progress
        self._lines = 0
        self._lock = threading.Lock()
        self._on_cancel: Optional[Callable[[], None]] = None

    @property
    def cancelled(self) -> bool:
        return self.cancel_event.is_set()

    def raise_if_cancelled(self) -> None:
        if self.cancelled:
            raise TaskCancelled(self.cancel_reason or "the task is no longer wanted")

    def progress(self, fraction: float, note: Optional[str] = None) -> None:
        """0 to 1."""
        if fraction == fraction:
            self._tell_progress(min(max(float(fraction), 0.0), 1.0), note)

    def log(self, level: str, message: str, fields: Optional[Mapping[str, Any]] = None) -> None:
        """A line for people. `level` is debug, info, warn or error."""
        with self._lock:
            line: Dict[str, Any] = {
                "line": self._lines,
                "at": datetime.now(timezone.utc).isoformat(),
                "level": level,
                "message": str(message),
            }
            self._lines += 1
            if fields is not None:
                line["fields"] = _fit(fields)
            self._tell_log(line)

    def partial(self, chunk: str) -> None:
        """A piece of output that is shown before the end, such as streamed text."""
        self.log("info", chunk, {"partial": True})

    def object(self, ref: Mapping[str, Any]) -> bytes:
        """The bytes of a file that another agent has put into the input."""
        path = f"{self._objects}/{segment(ref['$object'])}"
        return Http(self._server).fetch(path, query={"epoch": self.epoch})

    def upload(
        self, content: bytes, *, name: Optional[str] = None, content_type: str = "application/octet-stream"
    ) -> Dict[str, Any]:
        """Keeps a file; put what it answers with into the output."""
        # The same bytes twice are stored once.
        ref: Dict[str, Any] = Http(self._server).call(
            "POST",
            self._objects,
            query={"epoch": self.epoch, "name": name},
            body=content,
            headers={"Content-Type": content_type},
            is_safe=True,
        )
        return ref

    def _cancel(self, reason: str) -> None:
        with self._lock:
            if self.cancel_event.is_set():
                return
            self.cancel_reason = reason
            self.cancel_event.set()
            told = self._on_cancel
        if told is not None:
            told()

    def _when_cancelled(self, told: Callable[[], None]) -> None:
        with self._lock:
            self._on_cancel = told
            is_late = self.cancel_event.is_set()
        if is_late:
            told()


def _fit(fields: Mapping[str, Any]) -> Dict[str, Any]:
    """A line is no reason to fail: what cannot be JSON is written as text."""
    try:
        fitted: Dict[str, Any] = json.loads(json.dumps(dict(fields), default=str, allow_nan=False))
        return fitted
    except (TypeError, ValueError, RecursionError) as error:
        return {"unreadable": str(error)}
