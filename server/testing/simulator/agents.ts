import type { Happening, Outcome, Reply } from '#server/domain/engine/happenings.ts';
import type { HandOut, StopOrder } from '#server/domain/hands.ts';
import { type AgentId, parseTaskId, type RunId, type TaskId } from '#server/domain/ids.ts';
import { type AssignmentMessage, tasksMessageSchema } from '#server/domain/messages.ts';
import type { AgentView, QueueNames } from '#server/domain/routing.ts';
import { agentNumber } from '#server/testing/engine/drive-run.ts';
import type { SimBroker } from './broker.ts';
import { type Life, SIM_DEFAULTS, type World } from './world.ts';

export const REPORTS_QUEUE = 'mcp.responses';
export const PUSHED = 'echo';
export const QUEUED = 'intent';

export const SIM_QUEUES: QueueNames = {
  shared: (_transport, capability) => `${capability}.task`,
  own: (_transport, agent) => `${agent}.task`,
};

/** What an agent says of one task. */
export interface SimReport {
  runId: RunId;
  happening: Extract<Happening, { type: 'result' | 'accept' | 'beat' | 'release' }>;
}

/** How an agent that is handed its leases reaches the engine: whichever coordinator is there. */
export interface Door {
  /** `onReply` may never be called, and may be called late. */
  tell(report: SimReport, onReply: (reply: Reply) => void): void;
}

interface Work {
  task: TaskId;
  runId: RunId;
  index: number;
  epoch: number;
  /** Says nothing for a while, then answers as if nothing had been. */
  stalled: boolean;
  stopped: boolean;
}

export interface SimAgent {
  view(): AgentView;
  deliver(handOut: HandOut): void;
  stop(order: StopOrder): void;
  /** Sent away for a while, so that nothing can be routed to it. */
  pause(ms: number): void;
  heal(): void;
}

interface AgentOptions {
  number: number;
  capability: string;
  transport: 'push' | 'amqp';
  door: Door;
  broker: SimBroker;
}

const BEAT_MS = SIM_DEFAULTS.leaseMs / 3;
const RESEND_MS = 1500;
const MAX_RESENDS = 12;

/** An agent that crashes, stalls, answers late, twice, or gives work back, as the world's chance has it. */
export function createSimAgent(world: World, options: AgentOptions): SimAgent {
  const id: AgentId = agentNumber(options.number);
  const name = `agent ${options.number}`;
  const isQueued = options.transport === 'amqp';
  const queue = SIM_QUEUES.shared('amqp', options.capability);
  const works = new Set<Work>();
  let life: Life = world.createLife();
  let offlineAt = Number.POSITIVE_INFINITY;
  let pausedUntil = 0;
  let refuses = false;

  function come(): void {
    life = world.createLife();
    offlineAt = Number.POSITIVE_INFINITY;
    refuses = world.chance(world.faults.agentRefuse);
    if (!isQueued) return;
    options.broker.consume(queue, {
      life,
      prefetch: 3,
      receive(delivery, ack) {
        const { tasks } = tasksMessageSchema.parse(JSON.parse(delivery.body));
        for (const task of tasks) take(task);
        ack();
      },
    });
  }

  function crash(): void {
    world.trace(() => `${name}: crashes with ${works.size} tasks`);
    life.end();
    works.clear();
    offlineAt = world.now + 2000;
    options.broker.disconnect(life);
    world.after(1000 + world.pick(8000), come);
  }

  function take(message: Pick<AssignmentMessage, 'task_id' | 'epoch'>): void {
    const parsed = parseTaskId(message.task_id);
    if (!parsed) throw new Error(`not a task: ${message.task_id}`);
    const work: Work = {
      ...parsed,
      task: message.task_id,
      epoch: message.epoch,
      stalled: world.chance(world.faults.agentStall),
      stopped: false,
    };
    works.add(work);
    world.trace(() => `${name}: takes ${work.task} ${work.epoch}${work.stalled ? ' and stalls' : ''}`);
    // Short work is answered at once; nobody hears that it was taken.
    const isQuick = isQueued && world.pick(2) === 0;
    if (isQueued && !isQuick) say(work, { type: 'accept', ...place(work), agent: id });
    if (!work.stalled) life.after(BEAT_MS, () => beat(work));
    if (world.chance(world.faults.agentCrash)) life.after(world.pick(2000), crash);
    else life.after(duration(work, isQuick), () => finish(work));
  }

  const place = (work: Work) => ({ task: work.index, epoch: work.epoch });

  function duration(work: Work, isQuick: boolean): number {
    if (work.stalled) return SIM_DEFAULTS.leaseMs + world.pick(15_000);
    return isQuick ? 1 + world.pick(400) : 1 + world.pick(world.pick(4) === 0 ? 7000 : 1500);
  }

  function beat(work: Work): void {
    if (!works.has(work)) return;
    say(work, { type: 'beat', ...place(work), agent: id, progress: world.pick(100) / 100 });
    life.after(BEAT_MS, () => beat(work));
  }

  function finish(work: Work): void {
    if (!works.delete(work)) return;
    const isUnwanted = (refuses && !world.healed) || world.chance(world.faults.agentRelease);
    if (!work.stopped && isUnwanted) {
      say(work, { type: 'release', ...place(work), agent: id });
      return;
    }
    const outcome = work.stopped ? ({ status: 'cancelled' } as const) : drawOutcome(work);
    say(work, { type: 'result', ...place(work), agent: id, outcome });
    if (world.chance(world.faults.answerTwice)) {
      const again = world.pick(3) === 0 ? drawOutcome(work) : outcome;
      life.after(world.pick(9000), () =>
        say(work, { type: 'result', ...place(work), agent: id, outcome: again }),
      );
    }
  }

  /** The output names the hand-out that it was made under: the audit compares it with the one that it counted for. */
  function drawOutcome(work: Work): Outcome {
    if (world.chance(12)) {
      const error = {
        class: world.pick(3) > 0 ? 'agent' : 'invalid-input',
        code: 'BROKEN',
        message: 'it broke',
      } as const;
      return { status: 'failed', error };
    }
    return {
      status: 'succeeded',
      output: { n: world.pick(10), task: work.task, epoch: work.epoch, agent: id },
    };
  }

  function say(work: Work, happening: SimReport['happening']): void {
    const report = { runId: work.runId, happening };
    if (isQueued) publish(world.id('report'), report, 0);
    else tell(work, report, 0);
  }

  function publish(messageId: string, report: SimReport, tries: number): void {
    const message = { id: messageId, queue: REPORTS_QUEUE, body: JSON.stringify(report) };
    const isKnown = options.broker.publish(message);
    if (isKnown || tries >= MAX_RESENDS || report.happening.type === 'beat') return;
    life.after(RESEND_MS, () => publish(messageId, report, tries + 1));
  }

  function tell(work: Work, report: SimReport, tries: number): void {
    let heard = false;
    const { happening } = report;
    if (!world.chance(world.faults.answerLost)) {
      life.after(1 + world.pick(30), () =>
        options.door.tell(report, (reply) => {
          if (heard || !life.alive || world.chance(world.faults.answerLost)) return;
          heard = true;
          if (happening.type === 'beat') obey(work, reply);
        }),
      );
    }
    if (tries >= MAX_RESENDS || happening.type === 'beat') return;
    life.after(RESEND_MS, () => {
      if (!heard) tell(work, report, tries + 1);
    });
  }

  function obey(work: Work, reply: Reply): void {
    if (!reply.ok) works.delete(work);
    else if (reply.task?.stop) work.stopped = true;
  }

  come();
  return {
    view: () => ({
      id,
      name,
      transport: options.transport,
      capabilities: new Set([options.capability]),
      labels: new Set(),
      state: world.now < pausedUntil ? 'paused' : world.now >= offlineAt ? 'offline' : 'online',
      inFlight: works.size,
      inLine: 0,
      maxConcurrency: 3,
      failureShare: 0,
      latencyMs: null,
    }),
    deliver(handOut) {
      if (world.chance(world.faults.deliveryLost)) return;
      life.after(1 + world.pick(20), () => take({ task_id: handOut.taskId, epoch: handOut.epoch }));
    },
    stop({ taskId, epoch }) {
      for (const work of works) if (work.task === taskId && work.epoch === epoch) work.stopped = true;
    },
    pause: (ms) => {
      pausedUntil = world.now + ms;
    },
    heal: () => {
      pausedUntil = 0;
      for (const work of works) work.stalled = false;
    },
  };
}
