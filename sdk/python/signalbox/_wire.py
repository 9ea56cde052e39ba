"""What travels, as it is named on the wire. The server may add fields; they are there too."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, TypedDict


TaskError = TypedDict(
    "TaskError", {"class": str, "code": str, "message": str, "details": Dict[str, Any]}, total=False
)


class Version(TypedDict):
    id: str
    number: int
    content_hash: str
    note: str
    created_at: str


class Draft(TypedDict):
    revision: int
    document: Dict[str, Any]


class Pipeline(TypedDict):
    id: str
    pipeline_id: str
    name: str
    description: str
    tags: List[str]
    draft: Optional[Draft]
    version: Optional[Dict[str, Any]]
    created_at: str
    updated_at: str


class PipelineItem(TypedDict):
    id: str
    pipeline_id: str
    name: str
    description: str
    tags: List[str]
    stages: int
    draft_revision: Optional[int]
    version: Optional[int]
    created_at: str
    updated_at: str


class PipelinePage(TypedDict):
    pipelines: List[PipelineItem]
    next_cursor: Optional[str]


class Verdict(TypedDict):
    valid: bool
    #: Where in the document.
    problems: List[Dict[str, Any]]
    #: Where in the text, when it cannot be read.
    faults: List[Dict[str, Any]]


class SavedDraft(TypedDict):
    revision: int
    problems: List[Dict[str, Any]]


class Publication(TypedDict):
    version: Version
    is_new: bool


class RunSummary(TypedDict):
    id: str
    run_id: str
    pipeline_id: Optional[str]
    version_id: str
    #: running, paused, cancelling, succeeded, failed or cancelled
    status: str
    #: The number of its last event.
    seq: int
    #: 0 to 1.
    progress: float
    tasks_total: int
    tasks_left: int
    trigger: str
    error: Optional[TaskError]
    replay_of: Optional[str]
    replay_from: Optional[str]
    created_at: str
    finished_at: Optional[str]
    updated_at: str


class RunPage(TypedDict):
    runs: List[RunSummary]
    next_cursor: Optional[str]


class Waiting(TypedDict):
    code: str
    sentence: str
    blockers: List[str]
    blocker_ids: List[str]
    since: Optional[str]
    way_out: str


class StageTask(TypedDict):
    task_id: str
    stage: int
    key: str
    name: str
    type: str
    #: pending, running, completed, failed or retrying
    status: str
    #: The same, more exactly: the engine's word.
    state: str
    attempt: int
    progress: float
    assigned_agent: Optional[str]
    ready_at: Optional[str]
    started_at: Optional[str]
    finished_at: Optional[str]
    output: Any
    error: Optional[TaskError]
    skipped_because: Optional[str]
    #: Why it does not run.
    waiting: Optional[Waiting]
    #: It handles what is marked sensitive: {"$hidden": "sensitive"} stands for that, and `reveal` shows it.
    is_sensitive: bool
    routing: Any


class Run(RunSummary):
    input: Any
    parameters: Dict[str, Any]
    metadata: Dict[str, Any]
    deadline_at: Optional[str]
    stages: List[StageTask]


class LogEntry(TypedDict):
    timestamp: str
    level: str
    message: str
    fields: Optional[Dict[str, Any]]
    epoch: int


class RunLogEntry(LogEntry):
    """`line` counts within a hand-out (`epoch`) of its stage, and `stage` is the place in the graph."""

    task_id: str
    stage: int
    line: int


class TaskDetail(StageTask):
    run_id: str
    pipeline_id: Optional[str]
    updated_at: str
    logs: List[LogEntry]


class _Event(TypedDict):
    seq: int
    at: str
    type: str


class RunEvent(_Event, total=False):
    """One entry of a run's dense sequence. `task` is the stage's place in the graph."""

    task: int
    progress: float
    note: str
    error: TaskError
    agent: str
    epoch: int


class EventPage(TypedDict):
    status: str
    last_seq: int
    events: List[Dict[str, Any]]


class AgentInfo(TypedDict):
    id: str
    name: str
    instance: str
    type: str
    status: str
    capabilities: List[str]
    labels: List[str]
    transport: str
    version: str
    resources: Optional[Dict[str, Any]]
    max_concurrency: int
    #: Share of its room that is taken, 0 to 1.
    current_load: float
    last_heartbeat: Optional[str]
    reason: Optional[str]
    registered_at: str


class QueueInfo(TypedDict):
    queue: str
    messages: int
    consumers: int
    unacked: int
    oldest_age_ms: Optional[float]


class DeadLetter(TypedDict):
    id: str
    message_id: str
    queue: str
    reason: str
    dead_at: Optional[str]
    redeliveries: int
    priority: str
    bytes: int
