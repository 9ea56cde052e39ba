"""Agents for Signalbox, and a typed client of its API.

What travels has the names that it has on the wire, here, in TypeScript, in curl and in the database alike.
"""

from ._agent import Agent, AgentEnd
from ._client import Client
from ._errors import SignalboxError, TaskCancelled, TaskFailure
from ._task import Task
from ._workspace import Workspace

__all__ = ["Agent", "AgentEnd", "Client", "SignalboxError", "Task", "TaskCancelled", "TaskFailure", "Workspace"]
