from __future__ import annotations

import json
import threading
import time
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Tuple

from ._errors import SignalboxError, describe
from ._http import Line, Server, backoff, retry_after_of
from ._outbox import Entry, Outbox, report_text
from ._plainer import no_answer, plainer, refused_output

CLAIM = 20.0
ANSWER = 15.0
#: An answer without a task that comes sooner than this was no wait: the next claim is not made at once.
NO_WAIT = 0.5
PROGRESS = 0.1
FLUSH = 10.0
MAX_BEATS = 1000
#: What is told in a plainer way when the server refuses it; nobody would hear of the task else.
REPLACED = frozenset(("succeeded", "failed"))
REFUSALS = frozenset((400, 401, 403, 404, 409))


#: The id and the generation that a registration was answered with.
Identity = Tuple[str, int]


class Hands(NamedTuple):
    """What does the work that a session knows by name only."""

    begin: Callable[[str, Dict[str, Any]], None]
    stop: Callable[[str, str], None]
    trouble: Callable[[str], None]
    end: Callable[[str, str], None]


class _Work:
    def __init__(self, task: Dict[str, Any], beat_every: float) -> None:
        self.task = task
        self.beat_every = beat_every
        self.is_stopped = False
        self.has_news = True
        self.fraction: Optional[float] = None
        self.note: Optional[str] = None


class Session:
    """Everything that an agent says to the server and hears from it, in threads of its own."""

    def __init__(self, server: Server, registration: Dict[str, Any], hands: Hands, *, beat: float) -> None:
        self._server = server
        self._registration = registration
        self._hands = hands
        self._beat = beat
        self._works: Dict[str, _Work] = {}
        self._changed = threading.Condition()
        self._registering = threading.Lock()
        self._over = threading.Event()
        self._news = threading.Event()
        self._identity: Identity = ("", 0)
        self._order = "serve"
        self._room: int = registration["max_concurrency"]
        self._limit = self._room
        self._last_heard = 0.0
        self._is_leaving = False
        self._is_claiming = False
        self._claim_line = Line(server)
        self._outbox = Outbox(send=self._send_reports, hear=self._hear, trouble=self._trouble, over=self._over)
        self._report_line = Line(server)

    @property
    def agent_id(self) -> str:
        return self._identity[0]

    def start(self) -> None:
        """Refusals are raised; a server that is not there yet is waited for, until it is told to leave."""
        failures = 0
        while not self._over.is_set():
            try:
                self._register()
                break
            except SignalboxError as error:
                if error.status in REFUSALS:
                    raise
                failures += 1
                if failures == 1:
                    self._trouble(f"Waiting for the server: {error}")
                self._over.wait(backoff(failures, most=5.0, retry_after=error.retry_after))
        for name, life in (("claims", self._claim_on), ("beats", self._beat_on), ("reports", self._outbox.work)):
            threading.Thread(target=life, name=f"signalbox-{name}", daemon=True).start()

    def log(self, key: str, line: Dict[str, Any]) -> None:
        work = self._works.get(key)
        if work is not None:
            self._outbox.add(Entry(key, report_text(work.task, "log", line), is_answer=False))

    def progress(self, key: str, fraction: float, note: Optional[str]) -> None:
        with self._changed:
            work = self._works.get(key)
            if work is None:
                return
            work.fraction = max(fraction, work.fraction or 0.0)
            work.note = work.note if note is None else note
            work.has_news = True
        self._news.set()

    def answer(self, key: str, kind: str, fields: Mapping[str, Any], output: Optional[str] = None) -> None:
        with self._changed:
            work = self._works.pop(key, None)
            if work is None:
                return
            task = work.task

            def replace(message: str) -> str:
                error = plainer(fields["error"], message) if kind == "failed" else refused_output(message)
                return report_text(task, "failed", {"error": error})

            text = report_text(task, kind, fields, output)
            self._outbox.add(Entry(key, text, is_answer=True, replace=replace if kind in REPLACED else None))
            self._changed.notify_all()

    def drain(self, within: float) -> None:
        with self._changed:
            is_first = not self._is_leaving
            self._is_leaving = True
            self._changed.notify_all()
        if is_first:
            self._trouble(f"The agent leaves: it takes nothing new, and has {len(self._works)} to finish.")
        self._claim_line.cut()
        self._news.set()
        until = time.monotonic() + within
        with self._changed:
            while self._works and not self._over.is_set() and time.monotonic() < until:
                self._changed.wait(max(0.0, until - time.monotonic()))
            left = list(self._works.items())
            self._works.clear()
        for key, work in left:
            self._stop(key, work, "the agent leaves")
            self._give_back(key, work.task)
        self._outbox.flush(FLUSH)
        self._say_goodbye()
        self.finish("drained", "It has finished or given back what it had.")

    def finish(self, why: str, message: str) -> None:
        with self._changed:
            if self._over.is_set():
                return
            self._is_leaving = True
            self._over.set()
            works = list(self._works.items())
            self._changed.notify_all()
        for key, work in works:
            self._stop(key, work, message)
        self._claim_line.cut()
        self._news.set()
        self._outbox.wake()
        self._hands.end(why, message)

    def _trouble(self, message: str) -> None:
        try:
            self._hands.trouble(message)
        except Exception:
            pass  # Whoever is told may fail as they like: the threads that tell it must not end by that.

    # What is said.

    def _say_goodbye(self) -> None:
        if not self.agent_id:
            return
        line = Line(self._server)
        try:
            self._beat_for(line, [])
        except Exception:
            pass  # It will be missed.
        finally:
            line.close()

    def _register(self) -> None:
        line = Line(self._server)
        try:
            body = {**self._registration, "transport": "pull"}
            answer = line.ask("POST", "/agents/register", body=body, timeout=ANSWER)
        finally:
            line.close()
        if not isinstance(answer, dict) or "agent_id" not in answer or "generation" not in answer:
            raise no_answer(self._server, "register")
        self._identity = (answer["agent_id"], answer["generation"])

    def _ask(
        self, line: Line, word: str, body_of: Callable[[int], str], *, known: Identity, timeout: float = ANSWER
    ) -> Any:
        """One call as the agent that is `known`. A server that does not know it is told again who it is."""
        agent_id, generation = known
        try:
            return line.ask("POST", f"/agents/{agent_id}/{word}", body=body_of(generation), timeout=timeout)
        except SignalboxError as error:
            if error.code != "NOT_FOUND":
                raise
            with self._registering:
                if self._identity == known:
                    self._trouble("The server does not know this agent any more; it registers again.")
                    self._register()
            raise

    def _send_reports(self, texts: List[str]) -> List[Dict[str, Any]]:
        reports = ",".join(texts)
        answer = self._ask(
            self._report_line,
            "reports",
            lambda generation: f'{{"generation":{generation},"reports":[{reports}]}}',
            known=self._identity,
        )
        answers = answer.get("answers") if isinstance(answer, dict) else None
        # What has not been answered one by one is kept, and told again.
        if not isinstance(answers, list) or len(answers) != len(texts):
            raise no_answer(self._server, "reports")
        return answers

    def _give_back(self, key: str, task: Dict[str, Any]) -> None:
        self._outbox.add(Entry(key, report_text(task, "released", {}), is_answer=True))

    # What is heard.

    def _stop(self, key: str, work: _Work, reason: str) -> None:
        if not work.is_stopped:
            work.is_stopped = True
            self._hands.stop(key, reason)

    def _hear(self, key: str, answer: Mapping[str, Any]) -> None:
        work = self._works.get(key)
        if work is not None and answer["status"] != "ok":
            self._stop(key, work, answer.get("reason") or "the task is no longer wanted")

    def _is_still(self, asked: Identity) -> bool:
        """A call of before it registered again is told that another took its place: it was this one."""
        return asked == self._identity and not self._registering.locked()

    def _obey(self, orders: Mapping[str, Any], asked: Identity) -> None:
        """`asked` is who it was when it asked."""
        self._last_heard = time.monotonic()
        order = orders["order"]
        reason = orders.get("reason")
        if order == "retire":
            if self._is_still(asked):
                self.finish("replaced", reason or "another process has this name, or it was taken off the list")
            return
        if order != self._order:
            self._trouble(f"The server says {order}" + (f": {reason}" if reason else "") + ".")
        with self._changed:
            self._order = order
            self._limit = min(orders.get("max", self._room), self._room)
            self._changed.notify_all()

    # Tasks.

    def _begin(self, task: Dict[str, Any]) -> None:
        key = f"{task['task_id']} {task['epoch']}"
        # Three signs of life fit into the time in which one must come.
        within = task.get("beat_within_ms")
        beat_every = self._beat if within is None else min(self._beat, within / 3000)
        with self._changed:
            if key in self._works:
                return  # The same hand-out twice: it is under way.
            older = [(k, w) for k, w in self._works.items() if w.task["task_id"] == task["task_id"]]
            is_late = self._is_leaving
            if not is_late:
                self._works[key] = _Work(task, beat_every)
        if is_late:
            self._give_back(key, task)
            return
        for other, work in older:
            self._stop(other, work, "the task was handed out anew")
        self._news.set()
        try:
            self._hands.begin(key, task)
        except Exception:
            # Nobody works on it: others may, and it must not be kept alive by signs of life.
            with self._changed:
                self._works.pop(key, None)
            self._give_back(key, task)
            raise

    def _may_claim(self) -> int:
        """How many more tasks fit; waits until there is room, and is 0 when none are to be had any more."""
        with self._changed:
            while not self._is_leaving:
                free = self._limit - len(self._works)
                if self._order == "serve" and free > 0:
                    return min(free, 1000)
                self._changed.wait(60.0)
            return 0

    def _claim_on(self) -> None:
        failures = 0
        while True:
            free = self._may_claim()
            if free == 0:
                return
            asking = self._identity
            try:
                self._claim(free, asking)
                failures = 0
            except Exception as error:  # Whatever it is, a thread that ends would be an agent that is silent for good.
                if self._is_leaving:
                    return
                if isinstance(error, SignalboxError) and error.status == 409 and self._is_still(asking):
                    self.finish("replaced", str(error))
                    return
                failures += 1
                if failures == 1:
                    self._trouble(f"No tasks can be had just now: {describe(error)}")
                self._over.wait(backoff(failures, retry_after=retry_after_of(error)))

    def _claim(self, free: int, asking: Identity) -> None:
        started = time.monotonic()
        wish = {"max": free, "in_flight": len(self._works), "wait_ms": int(CLAIM * 1000)}
        self._is_claiming = True
        try:
            claimed = self._ask(
                self._claim_line,
                "claim",
                lambda generation: json.dumps({"generation": generation, **wish}),
                known=asking,
                timeout=CLAIM + ANSWER,
            )
        finally:
            self._is_claiming = False
        failed: Optional[Exception] = None
        for task in claimed["tasks"]:
            try:
                self._begin(task)
            except Exception as error:
                failed = error  # The others are none the worse for it.
        self._obey(claimed["orders"], asking)
        if failed is not None:
            raise failed
        if not claimed["tasks"] and time.monotonic() - started < NO_WAIT:
            self._over.wait(NO_WAIT)

    # Signs of life.

    def _beat_on(self) -> None:
        line = Line(self._server)
        failures = 0
        turn_at = 0.0
        while not self._over.is_set():
            with self._changed:
                every = min([self._beat, *(work.beat_every for work in self._works.values())])
            self._news.wait(max(0.0, min(turn_at - time.monotonic(), every)))
            self._news.clear()
            now = time.monotonic()
            is_turn = now >= turn_at
            if is_turn:
                turn_at = now + every
            # A claim under way is a sign of life by itself.
            if not self._works and (self._is_claiming or now - self._last_heard < self._beat):
                continue
            try:
                self._beat_all(line, is_turn)
                failures = 0
            except Exception as error:  # As with claims.
                failures += 1
                if failures == 1:
                    self._trouble(f"A sign of life did not get through: {describe(error)}")
                told = retry_after_of(error)
                turn_at = time.monotonic() + (min(every, backoff(failures)) if told is None else told)
            # Not more often than this, however often progress is told.
            self._over.wait(min(PROGRESS, every))

    def _beat_all(self, line: Line, is_turn: bool) -> None:
        """Those whose turn it is; between the turns only those who have news."""
        with self._changed:
            due = [(k, w) for k, w in self._works.items() if not w.is_stopped and (is_turn or w.has_news)]
        if not due and is_turn:
            self._beat_for(line, [])
        for at in range(0, len(due), MAX_BEATS):
            self._beat_for(line, due[at : at + MAX_BEATS])

    def _beat_for(self, line: Line, due: List[Tuple[str, _Work]]) -> None:
        tasks = []
        with self._changed:
            for _, work in due:
                work.has_news = False
                beat = {"type": "beat", "task_id": work.task["task_id"], "epoch": work.task["epoch"]}
                if work.fraction is not None:
                    beat["progress"] = work.fraction
                if work.note is not None:
                    beat["note"] = work.note
                tasks.append(beat)
            count = len(self._works)
        sign = {"in_flight": count, "load": count / self._room, "draining": self._is_leaving}
        asking = self._identity
        answer = self._ask(
            line,
            "heartbeat",
            lambda generation: json.dumps({"generation": generation, "beat": sign, "tasks": tasks}),
            known=asking,
        )
        for (key, _), told in zip(due, answer["answers"]):
            self._hear(key, told)
        self._obey(answer, asking)
