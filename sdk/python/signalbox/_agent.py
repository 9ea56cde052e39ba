from __future__ import annotations

import asyncio
import inspect
import json
import os
import signal
import socket
import sys
import threading
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, TypeVar

from ._errors import TaskFailure, describe_failure
from ._http import Server
from ._session import Hands, Session
from ._task import Task

Handler = Callable[[Task], Any]
HandlerT = TypeVar("HandlerT", bound=Handler)


class AgentEnd(NamedTuple):
    #: drained, stopped, or replaced: another process has registered as this agent, or it was taken off the list.
    why: str
    message: str


def _to_standard_error(message: str) -> None:
    try:
        print(f"signalbox: {message}", file=sys.stderr, flush=True)
    except OSError:
        pass  # Whoever read it is gone: no reason to end.


class Agent:
    """Takes tasks over HTTP and does them, each in a thread; its traffic has threads of its own.

    url, token        left out: SIGNALBOX_URL (or http://127.0.0.1:3000) and SIGNALBOX_TOKEN
    max_concurrency   tasks at once
    instance          the same name may run many times, each under its own; left out: the machine's name
    beat              seconds between signs of life, and so how soon it hears that a task is no longer wanted
    drain             seconds that work may go on once the agent is to leave; what is not done then is given back
    on_trouble        told of whatever goes wrong and is dealt with; left out: standard error
    """

    def __init__(
        self,
        name: str,
        *,
        url: Optional[str] = None,
        token: Optional[str] = None,
        max_concurrency: int = 1,
        instance: Optional[str] = None,
        type: Optional[str] = None,
        version: Optional[str] = None,
        labels: Optional[List[str]] = None,
        resources: Optional[Mapping[str, Any]] = None,
        beat: float = 2.0,
        drain: float = 25.0,
        on_trouble: Callable[[str], None] = _to_standard_error,
    ) -> None:
        self._server = Server(url, token)
        self._handlers: Dict[str, Handler] = {}
        self._registration: Dict[str, Any] = {
            "name": name,
            "instance": instance or socket.gethostname(),
            "max_concurrency": max_concurrency,
        }
        about = {"type": type, "version": version, "labels": labels, "resources": resources}
        self._registration.update({key: value for key, value in about.items() if value is not None})
        self._beat = beat
        self._drain_within = drain
        self._on_trouble = on_trouble
        self._session: Optional[Session] = None
        self._tasks: Dict[str, Task] = {}
        self._ended = threading.Event()
        self._end: Optional[AgentEnd] = None

    def handles(self, capability: str) -> Callable[[HandlerT], HandlerT]:
        """Decorates the handler of a capability: what it returns is the output. It may be `async`."""

        def keep(handler: HandlerT) -> HandlerT:
            self._handlers[capability] = handler
            return handler

        return keep

    @property
    def id(self) -> Optional[str]:
        return self._session.agent_id if self._session is not None else None

    @property
    def working(self) -> int:
        return len(self._tasks)

    def start(self) -> "Agent":
        """Returns once the agent is registered, and works in the background; raises when it is refused."""
        if not self._handlers:
            raise ValueError("This agent handles nothing: decorate a function with @agent.handles('capability').")
        capabilities = [{"name": name} for name in self._handlers]
        registration = {**self._registration, "capabilities": capabilities}
        hands = Hands(self._begin, self._stop_task, self._on_trouble, self._finish)
        self._session = Session(self._server, registration, hands, beat=self._beat)
        self._session.start()
        return self

    def wait(self, timeout: Optional[float] = None) -> Optional[AgentEnd]:
        """How it ended; None when it has not yet."""
        self._ended.wait(timeout)
        return self._end

    def drain(self, within: Optional[float] = None) -> Optional[AgentEnd]:
        """Takes nothing new, finishes or gives back what it has, and ends."""
        if self._session is not None:
            self._session.drain(self._drain_within if within is None else within)
        return self._end

    def stop(self) -> Optional[AgentEnd]:
        """Ends at once: what it has comes to others when its lease ends."""
        if self._session is not None:
            self._session.finish("stopped", "the agent was stopped")
        return self._end

    def run(self) -> AgentEnd:
        """A program that is an agent: drains on SIGTERM and SIGINT (at once on the second); returns when it has ended."""
        signals = 0

        def leave(_number: int, _frame: Any) -> None:
            nonlocal signals
            signals += 1
            if signals > 2:
                os._exit(1)
            within = self._drain_within if signals == 1 else 0.0
            # A handler of signals must not wait.
            threading.Thread(target=self.drain, args=(within,), daemon=True).start()

        before = {}
        if threading.current_thread() is threading.main_thread():
            before = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            self.start()
            end = None
            while end is None:
                end = self.wait(0.5)
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        self._on_trouble(f"The agent has ended ({end.why}): {end.message}")
        return end

    # What the session calls.

    def _begin(self, key: str, granted: Dict[str, Any]) -> None:
        assert self._session is not None
        session: Session = self._session
        task = Task(
            granted,
            server=self._server,
            agent_id=session.agent_id,
            tell_log=lambda line: session.log(key, line),
            tell_progress=lambda fraction, note: session.progress(key, fraction, note),
        )
        self._tasks[key] = task
        try:
            threading.Thread(target=self._work, args=(session, key, task), name=task.task_id, daemon=True).start()
        except BaseException:
            self._tasks.pop(key, None)
            raise

    def _stop_task(self, key: str, reason: str) -> None:
        task = self._tasks.get(key)
        if task is not None:
            task._cancel(reason)

    def _finish(self, why: str, message: str) -> None:
        self._end = AgentEnd(why, message)
        self._ended.set()

    def _work(self, session: Session, key: str, task: Task) -> None:
        try:
            output = _to_json(self._call(task))
        except BaseException as error:  # Whatever it is, it is this attempt's and not the agent's.
            if task.cancelled:
                session.answer(key, "cancelled", {})
            else:
                session.answer(key, "failed", {"error": _fit_failure(error)})
        else:
            session.answer(key, "succeeded", {}, output)
        finally:
            self._tasks.pop(key, None)

    def _call(self, task: Task) -> Any:
        handler = self._handlers.get(task.capability)
        if handler is None:
            raise TaskFailure("This agent has no handler for the task.", code="NO_HANDLER")
        if inspect.iscoroutinefunction(handler):
            return asyncio.run(_supervise(handler, task))
        return handler(task)


async def _supervise(handler: Callable[[Task], Any], task: Task) -> Any:
    """Cancels the coroutine when the task is."""
    loop = asyncio.get_running_loop()
    work = asyncio.ensure_future(handler(task))

    def cancel() -> None:
        try:
            loop.call_soon_threadsafe(work.cancel)
        except RuntimeError:
            pass  # It has just ended by itself.

    task._when_cancelled(cancel)
    return await work


def _to_json(output: Any) -> str:
    try:
        return json.dumps(output, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise TaskFailure(
            f"The output cannot be JSON: {error}", error_class="invalid-output", code="NOT_JSON"
        ) from error


def _fit_failure(error: BaseException) -> Dict[str, Any]:
    failure = describe_failure(error)
    try:
        json.dumps(failure, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        failure["details"] = {"unreadable": repr(failure.get("details"))[:8000]}
    return failure
