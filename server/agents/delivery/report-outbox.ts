import type { Broker } from '#server/broker/port.ts';
import { RESPONSE_QUEUE } from '#server/broker/topology.ts';
import type { AgentId } from '#server/domain/ids.ts';
import { type AgentBeat, MESSAGE_VERSION, type Report } from '#server/domain/messages.ts';

export interface ReportOutboxOptions {
  broker: Broker;
  sender(): { agentId: AgentId; generation: number };
  newMessageId(): string;
  onTrouble(message: string): void;
}

export interface ReportOutbox {
  /** `onConfirmed` is called once the broker answers for the message that holds the report. */
  add(report: Report, onConfirmed?: () => void): void;
  beat(beat: AgentBeat): void;
  /** Resolves when everything added so far is confirmed. */
  flush(): Promise<void>;
  /** Gives up what is not confirmed. */
  close(): void;
}

interface Part {
  text: string;
  onConfirmed: (() => void) | undefined;
}

const MAX_REPORTS = 500;
const MAX_CHARACTERS = 512 * 1024;
/** While one message is being confirmed the next is on its way; more would only make smaller messages. */
const MAX_UNDER_WAY = 2;
const FIRST_PAUSE_MS = 50;
const LAST_PAUSE_MS = 5000;

/**
 * What an agent says, several reports a message: sent at once when nothing is under way, gathered meanwhile. A message
 * that was not confirmed is sent again under its own id, so that it counts once.
 */
export function createReportOutbox(options: ReportOutboxOptions): ReportOutbox {
  let parts: Part[] = [];
  let nextBeat: AgentBeat | undefined;
  let underWay = 0;
  let isWoken = false;
  let isClosed = false;
  const waiters: (() => void)[] = [];
  const timers = new Set<NodeJS.Timeout>();

  function wake(): void {
    if (isWoken || isClosed || underWay >= MAX_UNDER_WAY) return;
    isWoken = true;
    // After this turn's other reports.
    setImmediate(() => {
      isWoken = false;
      while (!isClosed && underWay < MAX_UNDER_WAY && (parts.length > 0 || nextBeat)) sendNext();
    });
  }

  function sendNext(): void {
    const end = endOfBatch(parts);
    const batch = parts.slice(0, end);
    parts = parts.slice(end);
    const beat = nextBeat;
    nextBeat = undefined;
    const { agentId, generation } = options.sender();
    const head = `{"version":${MESSAGE_VERSION},"agent_id":"${agentId}","generation":${generation}`;
    const beatText = beat ? `,"beat":${JSON.stringify(beat)}` : '';
    const body = `${head}${beatText},"reports":[${batch.map((part) => part.text).join(',')}]}`;
    underWay += 1;
    void send(body, options.newMessageId()).then(() => {
      underWay -= 1;
      if (isClosed) return;
      for (const part of batch) part.onConfirmed?.();
      if (parts.length > 0 || nextBeat) wake();
      else if (underWay === 0) for (const resolve of waiters.splice(0)) resolve();
    });
  }

  async function send(body: string, messageId: string): Promise<void> {
    for (let tries = 0; !isClosed; tries += 1) {
      const [outcome] = await options.broker.publish([
        { queue: RESPONSE_QUEUE, priority: 'high', messageId, body },
      ]);
      if (outcome === 'confirmed') return;
      if (tries === 0) options.onTrouble(`The broker did not take a report (${outcome}); it is sent again.`);
      await pause(Math.min(FIRST_PAUSE_MS * 2 ** Math.min(tries, 10), LAST_PAUSE_MS));
    }
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        timers.delete(timer);
        resolve();
      }, ms);
      timers.add(timer);
    });
  }

  return {
    add(report, onConfirmed) {
      parts.push({ text: JSON.stringify(report), onConfirmed });
      wake();
    },
    beat(beat) {
      nextBeat = beat;
      wake();
    },
    flush: () =>
      isClosed || (parts.length === 0 && !nextBeat && underWay === 0)
        ? Promise.resolve()
        : new Promise((resolve) => waiters.push(resolve)),
    close() {
      isClosed = true;
      for (const timer of timers) clearTimeout(timer);
      for (const resolve of waiters.splice(0)) resolve();
    },
  };
}

/** How many parts go into the next message: at least one, however long it is. */
function endOfBatch(parts: readonly Part[]): number {
  let end = 0;
  let size = 0;
  while (end < parts.length && end < MAX_REPORTS && (end === 0 || size < MAX_CHARACTERS)) {
    size += parts[end++]?.text.length ?? 0;
  }
  return end;
}
