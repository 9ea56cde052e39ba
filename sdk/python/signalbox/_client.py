from __future__ import annotations

import uuid
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Union

from ._events import follow_run
from ._http import Http, Server, segment
from ._logs import read_log
from ._wire import (
    AgentInfo,
    DeadLetter,
    EventPage,
    LogEntry,
    Pipeline,
    PipelineItem,
    PipelinePage,
    Publication,
    QueueInfo,
    Run,
    RunEvent,
    RunLogEntry,
    RunPage,
    RunSummary,
    SavedDraft,
    TaskDetail,
    Verdict,
    Version,
)
from ._workspace import Workspace

# As many as the server gives in one answer, where all are wanted.
VERSIONS_A_PAGE = 200
LETTERS_A_PAGE = 500
ENDS = frozenset(("task.succeeded", "task.reused", "task.failed", "task.skipped", "task.cancelled"))


class Client:
    """Every call of the API. Each may be used from many threads.

    url, token   left out: SIGNALBOX_URL (or http://127.0.0.1:3000) and SIGNALBOX_TOKEN
    timeout      seconds for one request
    retry_for    seconds for which a request is tried again that may be: one that the server has not seen or turned away
                 unread, and one that has the same effect when it is sent twice
    """

    def __init__(
        self,
        url: Optional[str] = None,
        token: Optional[str] = None,
        *,
        timeout: float = 30.0,
        retry_for: float = 30.0,
    ) -> None:
        http = Http(Server(url, token), timeout=timeout, retry_for=retry_for)
        self._http = http
        self.pipelines = Pipelines(http)
        self.runs = Runs(http)
        self.tasks = Tasks(http)
        self.agents = Agents(http)
        self.queues = Queues(http)

    def workspace(self, task_id: str, *, as_: Optional[str] = None, epoch: Optional[int] = None) -> Workspace:
        """The files that those who work on a run share, by its id or that of any of its tasks."""
        return Workspace(self._http, task_id, as_=as_, epoch=epoch)

    def request(
        self,
        method: str,
        path: str,
        *,
        body: Optional[Dict[str, Any]] = None,
        query: Optional[Mapping[str, Any]] = None,
    ) -> Any:
        """Any other path below /api/v1."""
        return self._http.call(method, path, body=body, query=query)


class Pipelines:
    def __init__(self, http: Http) -> None:
        self._http = http

    def list(self, **query: Any) -> PipelinePage:
        page: PipelinePage = self._http.call("GET", "/pipelines", query=query)
        return page

    def all(self, **query: Any) -> Iterator[PipelineItem]:
        """Every page, item by item."""
        yield from _every_page(self.list, "pipelines", query)

    def create(
        self, name: str, stages: Sequence[Mapping[str, Any]], *, idempotency_key: Optional[str] = None, **more: Any
    ) -> Pipeline:
        """`more`: dependencies, description, tags, input_schema, ... Its first version is published at once."""
        body = {"name": name, "stages": list(stages), **more}
        made: Pipeline = _once(self._http, "/pipelines", body, idempotency_key)
        return made

    def import_text(self, name: str, text: str, *, idempotency_key: Optional[str] = None, **more: Any) -> Pipeline:
        """`more`: format (yaml, json), description, publish."""
        made: Pipeline = _once(self._http, "/pipelines/import", {"name": name, "text": text, **more}, idempotency_key)
        return made

    def validate(self, document: Mapping[str, Any]) -> Verdict:
        """Judges a graph without keeping it."""
        return self._judge({"document": dict(document)})

    def validate_text(self, text: str, format: str = "yaml") -> Verdict:
        return self._judge({"text": text, "format": format})

    def _judge(self, body: Dict[str, Any]) -> Verdict:
        verdict: Verdict = self._http.call("POST", "/pipelines/validate", body=body, is_safe=True)
        return verdict

    def get(self, pipeline_id: str) -> Pipeline:
        pipeline: Pipeline = self._http.call("GET", self._path(pipeline_id))
        return pipeline

    def update_draft(self, pipeline_id: str, revision: int, document: Mapping[str, Any]) -> SavedDraft:
        """The revision that the change was made on; another one is a conflict."""
        body = {"revision": revision, "document": dict(document)}
        saved: SavedDraft = self._http.call("PUT", self._path(pipeline_id, "/draft"), body=body)
        return saved

    def publish(self, pipeline_id: str, **body: Any) -> Publication:
        """`body`: note, revision."""
        # Publishing what is published changes nothing.
        done: Publication = self._http.call("POST", self._path(pipeline_id, "/publish"), body=body, is_safe=True)
        return done

    def versions(self, pipeline_id: str) -> List[Version]:
        """All of them, the newest first."""

        def fetch(**page: Any) -> Any:
            return self._http.call("GET", self._path(pipeline_id, "/versions"), query=page)

        return [*_every_page(fetch, "versions", {"limit": VERSIONS_A_PAGE})]

    def export(self, pipeline_id: str, format: str = "yaml", version: Optional[int] = None) -> str:
        query = {"format": format, "version": version}
        return self._http.fetch(self._path(pipeline_id, "/export"), query=query).decode()

    @staticmethod
    def _path(pipeline_id: str, rest: str = "") -> str:
        return f"/pipelines/{segment(pipeline_id)}{rest}"


class Runs:
    def __init__(self, http: Http) -> None:
        self._http = http

    def list(self, *, status: Union[None, str, Sequence[str]] = None, **query: Any) -> RunPage:
        """`query`: pipeline_id, limit, cursor. Newest first."""
        words = status if status is None or isinstance(status, str) else ",".join(status)
        page: RunPage = self._http.call("GET", "/runs", query={"status": words, **query})
        return page

    def all(self, **query: Any) -> Iterator[RunSummary]:
        yield from _every_page(self.list, "runs", query)

    def start(
        self, pipeline_id: str, input_data: Any = None, *, idempotency_key: Optional[str] = None, **more: Any
    ) -> Run:
        """`more`: parameters, metadata, version, notification. One run, however often it has to be sent."""
        body = {"input_data": input_data, **more}
        run: Run = _once(self._http, f"/pipelines/{segment(pipeline_id)}/execute", body, idempotency_key)
        return run

    def get(self, run_id: str, *, brief: bool = False) -> Run:
        """`brief`: without what went in and came out, which may be large."""
        run: Run = self._http.call("GET", self._path(run_id), query={"brief": "true"} if brief else None)
        return run

    def cancel(self, run_id: str, grace_seconds: Optional[float] = None) -> Run:
        """Agents are asked to stop, and cut off after the grace period."""
        return self._steer(run_id, "cancel", {} if grace_seconds is None else {"grace_seconds": grace_seconds})

    def pause(self, run_id: str) -> Run:
        return self._steer(run_id, "pause")

    def resume(self, run_id: str) -> Run:
        return self._steer(run_id, "resume")

    def kill(self, run_id: str) -> Run:
        return self._steer(run_id, "kill")

    def replay(
        self, run_id: str, from_stage: Optional[str] = None, *, idempotency_key: Optional[str] = None, **more: Any
    ) -> Run:
        """A new run that reuses what came before the stage. `more`: version, input_data, parameters."""
        body = more if from_stage is None else {"from": from_stage, **more}
        run: Run = _once(self._http, self._path(run_id, "/replay"), body, idempotency_key)
        return run

    def reveal(self, run_id: str, stage: Optional[int] = None, **more: Any) -> Dict[str, Any]:
        """What is marked sensitive, for those who may; the audit tells of each time. `more`: reason, limit, cursor, attempts_after."""
        body = more if stage is None else {"stage": stage, **more}
        # The second time is another entry of the audit, and no other change.
        revealed: Dict[str, Any] = self._http.call("POST", self._path(run_id, "/reveal"), body=body, is_safe=True)
        return revealed

    def events(self, run_id: str, *, after: int = 0, limit: Optional[int] = None) -> EventPage:
        query = {"after": after, "limit": limit}
        page: EventPage = self._http.call("GET", self._path(run_id, "/events"), query=query)
        return page

    def follow(self, run_id: str, *, after: int = 0) -> Iterator[RunEvent]:
        """Every event once, live, until the run has ended; over broken lines and restarts of the server."""
        return follow_run(self._http.server, run_id, after)

    def logs(
        self,
        run_id: str,
        *,
        follow: bool = False,
        stage: Optional[int] = None,
        level: Optional[str] = None,
        search: Optional[str] = None,
    ) -> Iterator[RunLogEntry]:
        """Every line once, in order of time (of some thousands at a time where there are more).

        follow   goes on until the run has ended
        level    this level (debug, info, warn, error) and worse ones
        search   words that the message must hold
        """
        return read_log(self._http, run_id, follow=follow, stage=stage, level=level, search=search)

    def wait(self, run_id: str) -> Run:
        """The run when it has ended."""
        for _ in self.follow(run_id, after=self.get(run_id)["seq"]):
            pass
        return self.get(run_id)

    def object(self, run_id: str, ref: Mapping[str, Any]) -> bytes:
        return self._http.fetch(self._path(run_id, f"/objects/{segment(ref['$object'])}"))

    def _steer(self, run_id: str, word: str, body: Optional[Dict[str, Any]] = None) -> Run:
        # The same order twice is one order.
        run: Run = self._http.call("POST", self._path(run_id, f"/{word}"), body=body or {}, is_safe=True)
        return run

    @staticmethod
    def _path(run_id: str, rest: str = "") -> str:
        return f"/runs/{segment(run_id)}{rest}"


class Tasks:
    def __init__(self, http: Http) -> None:
        self._http = http

    def submit(self, type: str, payload: Any = None, *, idempotency_key: Optional[str] = None, **more: Any) -> TaskDetail:
        """`more`: priority, timeout, retry_count, pipeline_id and stage."""
        body = {"type": type, **({} if payload is None else {"payload": payload}), **more}
        task: TaskDetail = _once(self._http, "/tasks", body, idempotency_key)
        return task

    def get(self, task_id: str) -> TaskDetail:
        task: TaskDetail = self._http.call("GET", f"/tasks/{segment(task_id)}")
        return task

    def wait(self, task_id: str) -> TaskDetail:
        """The task when it has ended, whichever end that is."""
        after: Optional[int] = 0
        while True:
            task = self.get(task_id)
            if task["finished_at"] is not None:
                return task
            after = self._until_it_ends(task, after or 0)
            if after is None:
                return self.get(task_id)

    def run(self, type: str, payload: Any = None, **more: Any) -> TaskDetail:
        """Submits it and waits for its end."""
        return self.wait(self.submit(type, payload, **more)["task_id"])

    def logs(self, task_id: str, limit: Optional[int] = None) -> List[LogEntry]:
        """Its last lines: 1,000, or as many as are asked for up to 10,000. `runs.logs` reads all of them."""
        query = {"limit": limit}
        logs: List[LogEntry] = self._http.call("GET", f"/tasks/{segment(task_id)}/logs", query=query)["logs"]
        return logs

    def retry(self, task_id: str, attempt: Optional[int] = None) -> Run:
        """`attempt`: the one to be followed, as the task showed it; refused (CONFLICT) when it is at another by now."""
        body = {} if attempt is None else {"attempt": attempt}
        run: Run = self._http.call("POST", f"/tasks/{segment(task_id)}/retry", body=body)
        return run

    def _until_it_ends(self, task: TaskDetail, after: int) -> Optional[int]:
        """The number of the event with which the task ended; None when its whole run is over."""
        place = int(task["task_id"].rpartition("_")[2])
        for event in follow_run(self._http.server, task["run_id"], after):
            if event.get("task") == place and event["type"] in ENDS:
                return event["seq"]
        return None


class Agents:
    def __init__(self, http: Http) -> None:
        self._http = http

    def list(self, **query: Any) -> List[AgentInfo]:
        """All of them, over as many pages as it takes."""

        def fetch(**page: Any) -> Any:
            return self._http.call("GET", "/agents", query=page)

        return [*_every_page(fetch, "agents", query)]

    def get(self, agent_id: str) -> AgentInfo:
        agent: AgentInfo = self._http.call("GET", f"/agents/{segment(agent_id)}")
        return agent

    def order(self, agent_id: str, order: str, reason: str) -> AgentInfo:
        """`order`: drain, pause, quarantine or resume."""
        body = {"order": order, "reason": reason}
        agent: AgentInfo = self._http.call("POST", f"/agents/{segment(agent_id)}/orders", body=body, is_safe=True)
        return agent


class Queues:
    def __init__(self, http: Http) -> None:
        self._http = http

    def list(self, **query: Any) -> List[QueueInfo]:
        """All of them, over as many pages as it takes."""

        def fetch(**page: Any) -> Any:
            return self._http.call("GET", "/queues", query=page)

        return [*_every_page(fetch, "queues", query)]

    def dead_letters(self, limit: Optional[int] = None, **query: Any) -> List[DeadLetter]:
        """All of them, over as many pages as it takes; with a `limit`, no more than that."""

        def fetch(**page: Any) -> Any:
            return self._http.call("GET", "/dead-letters", query=page)

        if limit is None:
            return [*_every_page(fetch, "dead_letters", {**query, "limit": LETTERS_A_PAGE})]
        letters: List[DeadLetter] = fetch(**query, limit=limit)["dead_letters"]
        return letters

    def replay_dead_letter(self, letter_id: str) -> None:
        self._http.call("POST", f"/dead-letters/{segment(letter_id)}/replay", body={})

    def discard_dead_letter(self, letter_id: str, reason: str) -> None:
        self._http.call("POST", f"/dead-letters/{segment(letter_id)}/discard", body={"reason": reason})


def _once(http: Http, path: str, body: Dict[str, Any], key: Optional[str]) -> Any:
    """What makes something new carries a key: sent twice, for want of an answer, it has effect once."""
    headers = {"Idempotency-Key": key or str(uuid.uuid4())}
    return http.call("POST", path, body=body, headers=headers, is_safe=True)


def _every_page(fetch: Callable[..., Any], field: str, query: Mapping[str, Any]) -> Iterator[Any]:
    cursor: Optional[str] = None
    while True:
        page = fetch(**query) if cursor is None else fetch(**{**query, "cursor": cursor})
        yield from page[field]
        cursor = page["next_cursor"]
        if not cursor:
            return
