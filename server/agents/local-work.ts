import type { Happening, Outcome, Reply } from '#server/domain/engine/happenings.ts';
import type { HandOut } from '#server/domain/hands.ts';
import { type AgentId, parseTaskId, type RunId, type TaskId } from '#server/domain/ids.ts';
import type { AgentHandler } from './agent.ts';
import type { Carrier } from './dispatcher.ts';
import { createLocalCarrier, type LocalReports } from './local-carrier.ts';
import type { Payloads } from './payloads.ts';
import type { TaskLogs } from './task-logs.ts';

export interface LocalWorkOptions {
  payloads: Payloads;
  logs: TaskLogs;
  handlerOf(agent: AgentId): AgentHandler | undefined;
  now(): number;
  settled(taskId: TaskId, agent: AgentId): void;
  tell(runId: RunId, happening: Happening): Promise<Reply>;
  onTrouble(message: string, error: unknown): void;
}

export interface LocalWork extends Carrier {
  /** Assignments that have not been answered. */
  held(): number;
  /** Gives everything back at no charge and stops it. */
  giveBack(reason: string): Promise<void>;
  close(): void;
}

const BEAT_MS = 10_000;

type Desk = Pick<LocalWorkOptions, 'payloads' | 'logs' | 'now'> & {
  held: Map<TaskId, HandOut>;
  tell(handOut: HandOut, happening: Happening): Promise<Reply | undefined>;
  settled: LocalWorkOptions['settled'];
};

/** Assignments of the agents in this process: their inputs made whole, their outputs made small, their reports told. */
export function createLocalWork(options: LocalWorkOptions): LocalWork {
  const { payloads, logs, now, settled, onTrouble } = options;
  const held = new Map<TaskId, HandOut>();
  /** Those whose input is still being read. */
  const reading = new Set<HandOut>();
  const tell: Desk['tell'] = (handOut, happening) =>
    options.tell(handOut.runId, happening).catch((error) => {
      onTrouble(`A report of ${handOut.taskId} could not be committed.`, error);
      return undefined;
    });
  const desk: Desk = { payloads, logs, now, settled, held, tell };
  const carrier = createLocalCarrier({
    handlerOf: options.handlerOf,
    objects: payloads.artefacts,
    beatMs: BEAT_MS,
    reports: createReports(desk, (handOut) => carrier.stop({ ...handOut, reason: 'the lease is gone' })),
  });

  async function readAndStart(handOut: HandOut, input: Promise<HandOut['input']>): Promise<void> {
    reading.add(handOut);
    try {
      const whole = { ...handOut, input: await input };
      if (!reading.delete(handOut)) return answer(desk, handOut, { status: 'cancelled' });
      held.set(handOut.taskId, whole);
      carrier.deliver(whole);
    } catch (error) {
      reading.delete(handOut);
      const message = `The input could not be read from the object store: ${textOf(error)}`;
      answer(desk, handOut, failure('INPUT_NOT_READ', message));
    }
  }

  return {
    deliver(handOut) {
      held.set(handOut.taskId, handOut);
      const input = payloads.expand(handOut.input);
      if (input instanceof Promise) void readAndStart(handOut, input);
      else carrier.deliver(handOut);
    },
    stop(order) {
      const handOut = held.get(order.taskId);
      // Not begun yet: it never begins.
      if (handOut?.epoch === order.epoch) reading.delete(handOut);
      carrier.stop(order);
    },
    held: () => held.size,
    async giveBack(reason) {
      reading.clear();
      await Promise.all(
        [...held.values()].map((handOut) => tell(handOut, { type: 'release', ...addressOf(handOut) })),
      );
      carrier.stopAll(reason);
    },
    close: carrier.close,
  };
}

function createReports(desk: Desk, stopWork: (handOut: HandOut) => void): LocalReports {
  return {
    result(handOut, outcome) {
      const kept = desk.payloads.keepOutcome(handOut.runId, outcome);
      if (!(kept instanceof Promise)) return answer(desk, handOut, kept);
      kept.then(
        (final) => answer(desk, handOut, final),
        (error) =>
          answer(
            desk,
            handOut,
            failure('OUTPUT_NOT_STORED', `The output could not be stored: ${textOf(error)}`),
          ),
      );
    },
    beat(handOut, progress) {
      const note = progress?.note === undefined ? {} : { note: progress.note };
      const fraction = progress === undefined ? {} : { progress: progress.fraction, ...note };
      void desk.tell(handOut, { type: 'beat', ...addressOf(handOut), ...fraction }).then((reply) => {
        if (reply === undefined) return;
        if (!reply.ok || ('task' in reply && reply.task?.stop === true)) stopWork(handOut);
      });
    },
    log(handOut, line) {
      desk.logs.write({ taskId: handOut.taskId, epoch: handOut.epoch, atMs: desk.now(), ...line });
    },
  };
}

function answer(desk: Desk, handOut: HandOut, outcome: Outcome): void {
  if (desk.held.get(handOut.taskId)?.epoch === handOut.epoch) desk.held.delete(handOut.taskId);
  // First the room, so that what the result unblocks finds it.
  desk.settled(handOut.taskId, handOut.agent);
  void desk.tell(handOut, { type: 'result', ...addressOf(handOut), outcome });
}

function addressOf({ taskId, epoch, agent }: HandOut) {
  const place = parseTaskId(taskId);
  if (!place) throw new Error(`not a task id: ${taskId}`);
  return { task: place.index, epoch, agent };
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function failure(code: string, message: string): Outcome {
  return { status: 'failed', error: { class: 'internal', code, message } };
}
