import type { TaskError } from '#server/domain/engine/events.ts';
import type { Outcome } from '#server/domain/engine/happenings.ts';
import type { HandOut, StopOrder } from '#server/domain/hands.ts';
import type { AgentId, OrgId, TaskId } from '#server/domain/ids.ts';
import type { JsonObject } from '#server/domain/json.ts';
import { despiteOutages } from '#server/platform/despite-outages.ts';
import {
  AgentFailure,
  type AgentHandler,
  type ArtefactAccess,
  type ArtefactsOfRun,
  type AssignmentContext,
  type LogLevel,
} from './agent.ts';
import type { Carrier } from './dispatcher.ts';

/** Where an agent in this process reports to. */
export interface LocalReports {
  result(handOut: HandOut, outcome: Outcome): void;
  beat(handOut: HandOut, progress?: { fraction: number; note?: string }): void;
  log(handOut: HandOut, line: LocalLogLine): void;
}

export interface LocalLogLine {
  line: number;
  level: LogLevel;
  message: string;
  fields?: JsonObject;
}

export interface LocalCarrierOptions {
  handlerOf(agent: AgentId): AgentHandler | undefined;
  /** Left out: it makes no difference to the agents. */
  orgOf?(agent: AgentId): OrgId | undefined;
  reports: LocalReports;
  artefactsOf: ArtefactsOfRun;
  /** Signs of life are sent for work that takes longer than this, and then as often; oftener where a stage asks. */
  beatMs: number;
}

/** How often it is looked who has to beat. */
const LOOK_MS = 100;

interface Work {
  handOut: HandOut;
  beatAt: number;
  beatEveryMs: number;
  lines: number;
  abort: AbortController | null;
  progress: { fraction: number; note?: string } | undefined;
}

export interface LocalCarrier extends Carrier {
  /** What is being worked on right now. */
  working(): number;
  stopAll(reason: string): void;
  /** Hands over what is still being worked on, to be given back; what comes of it is not awaited. */
  giveUp(): HandOut[];
  close(): void;
}

/** Agents that live in the engine's process: a call instead of a message, under the same lease as everybody else. */
export function createLocalCarrier(options: LocalCarrierOptions): LocalCarrier {
  const works = new Map<TaskId, Work>();
  const { reports } = options;

  const timer = setInterval(
    () => {
      const now = performance.now();
      for (const work of works.values()) if (work.beatAt <= now) beat(work, now);
    },
    Math.min(options.beatMs, LOOK_MS),
  );
  timer.unref();

  function beat(work: Work, now: number): void {
    work.beatAt = now + work.beatEveryMs;
    reports.beat(work.handOut, work.progress);
  }

  function workOn(handOut: HandOut): Work {
    // Three beats fit into the time that one must come in, so two may be late.
    const beatEveryMs = Math.min(options.beatMs, (handOut.beatWithinMs ?? Number.POSITIVE_INFINITY) / 3);
    const beatAt = performance.now() + beatEveryMs;
    return { handOut, beatAt, beatEveryMs, lines: 0, abort: null, progress: undefined };
  }

  function deliver(handOut: HandOut): void {
    const work = workOn(handOut);
    works.set(handOut.taskId, work);
    const handler = options.handlerOf(handOut.agent);
    const done = (outcome: Outcome) => {
      if (works.get(handOut.taskId) === work) works.delete(handOut.taskId);
      reports.result(handOut, outcome);
    };
    if (!handler) {
      done({
        status: 'failed',
        error: { class: 'internal', code: 'NO_HANDLER', message: 'The agent is not in this process.' },
      });
      return;
    }
    Promise.resolve()
      .then(() => handler(handOut, contextOf(work)))
      .then((output) => done({ status: 'succeeded', output: output ?? null }))
      .catch((error) =>
        done(
          work.abort?.signal.aborted
            ? { status: 'cancelled' }
            : { status: 'failed', error: toTaskError(error) },
        ),
      );
  }

  // Most short work never asks for it.
  function signalOf(work: Work): AbortSignal {
    work.abort ??= new AbortController();
    return work.abort.signal;
  }

  function log(work: Work, said: Omit<LocalLogLine, 'line'>): void {
    const line = { line: work.lines, ...said };
    work.lines += 1;
    reports.log(work.handOut, line);
  }

  /** Hours of work must not fail since the store is away for a moment. */
  function objectsOf(work: Work): ArtefactAccess {
    const objects = options.artefactsOf(work.handOut.runId);
    const onAway = (error: unknown) =>
      log(work, {
        level: 'warn',
        message: `The objects of the run are away; waiting for them. ${String(error)}`,
      });
    const patiently = <Result>(act: () => Promise<Result>) =>
      despiteOutages(act, { signal: signalOf(work), onAway });
    return {
      put: (content, about) => patiently(() => objects.put(content, about)),
      get: (ref) => patiently(() => objects.get(ref)),
    };
  }

  function contextOf(work: Work): AssignmentContext {
    const orgId = options.orgOf?.(work.handOut.agent);
    return {
      ...(orgId ? { orgId } : {}),
      get signal() {
        return signalOf(work);
      },
      log: (level, message, fields) => log(work, { level, message, ...(fields ? { fields } : {}) }),
      progress(fraction, note) {
        const before = work.progress?.fraction ?? 0;
        work.progress = { fraction, ...(note === undefined ? {} : { note }) };
        if (fraction - before >= 0.01) beat(work, performance.now());
      },
      partial(chunk) {
        log(work, { level: 'info', message: chunk, fields: { partial: true } });
      },
      objects: objectsOf(work),
    };
  }

  function stop({ taskId, epoch, reason }: StopOrder): void {
    const work = works.get(taskId);
    if (!work || work.handOut.epoch !== epoch) return;
    work.abort ??= new AbortController();
    work.abort.abort(new Error(reason));
  }

  return {
    deliver,
    stop,
    working: () => works.size,
    stopAll(reason) {
      for (const { handOut } of works.values())
        stop({ taskId: handOut.taskId, epoch: handOut.epoch, agent: handOut.agent, reason });
    },
    giveUp() {
      const handOuts = [...works.values()].map((work) => work.handOut);
      for (const { taskId, epoch, agent } of handOuts)
        stop({ taskId, epoch, agent, reason: 'this process ends' });
      works.clear();
      return handOuts;
    },
    close: () => clearInterval(timer),
  };
}

export function toTaskError(error: unknown): TaskError {
  if (error instanceof AgentFailure) {
    const details = error.details === undefined ? {} : { details: error.details };
    return { class: error.errorClass, code: error.code, message: error.message, ...details };
  }
  return {
    class: 'agent',
    code: 'AGENT_ERROR',
    message: error instanceof Error ? error.message : String(error),
  };
}
