import type { Broker, Delivery } from '#server/broker/port.ts';
import { agentControlKey, agentWelcomeKey, RESPONSE_QUEUE } from '#server/broker/topology.ts';
import { SignalboxError } from '#server/domain/errors.ts';
import type { AgentId } from '#server/domain/ids.ts';
import { isJsonObject, parseJsonBounded } from '#server/domain/json.ts';
import {
  type ControlMessage,
  type HelloMessage,
  helloMessageSchema,
  MESSAGE_VERSION,
  type Report,
  type ReportsMessage,
  reportsMessageSchema,
} from '#server/domain/messages.ts';
import { type AgentDesk, isGoingOn, type ReportAnswer, type ReportSink } from '#server/domain/reports.ts';
import { despiteOutages } from '#server/platform/despite-outages.ts';
import type { PausePoints } from './pause-points.ts';
import { createReadings } from './readings.ts';

export interface ResponseConsumerOptions {
  broker: Broker;
  sink: ReportSink;
  desk: AgentDesk;
  points: PausePoints;
  /** Messages in hand at once, without those that wait for the object store. Each may hold a thousand reports. */
  prefetch?: number;
  maxMessageBytes?: number;
  onTrouble(message: string, error: unknown): void;
}

export interface ResponseConsumer {
  start(): Promise<void>;
  /** Takes nothing new, finishes what it has, and leaves the rest in the queue. */
  stop(): Promise<void>;
}

const MAX_DEPTH = 80;

/**
 * Takes what agents send over the broker. A message is acknowledged once all that it says is durable, in one commit
 * with its id; until then it comes again, to this process or another, and changes nothing twice.
 */
export function createResponseConsumer(options: ResponseConsumerOptions): ResponseConsumer {
  const { broker, sink, desk } = options;
  const maxMessageBytes = options.maxMessageBytes ?? 16 * 1024 * 1024;
  const underWay = new Set<Promise<void>>();
  const leaving = new AbortController();
  const readings = createReadings({
    ...{ broker, queue: RESPONSE_QUEUE, prefetch: options.prefetch ?? 64, take },
    onTrouble: options.onTrouble,
  });

  function control(agentId: AgentId, message: Omit<ControlMessage, 'version'>): void {
    broker.publishEvent(agentControlKey(agentId), JSON.stringify({ version: MESSAGE_VERSION, ...message }));
  }

  async function handle(delivery: Delivery): Promise<void> {
    const message = readMessage(delivery, maxMessageBytes);
    if ('unreadable' in message) return delivery.reject(message.unreadable);
    let goOn = (): void => undefined;
    const onAway = (error: unknown) => {
      options.onTrouble('Reports of an agent wait until they can be stored.', error);
      if (isStoreAway(error)) goOn = readings.wait(delivery.body.byteLength);
    };
    try {
      // Kept in hand: a message that came back for each look would be taken for a poisoned one after some.
      await despiteOutages(() => takeIn(message, delivery.messageId), { signal: leaving.signal, onAway });
    } catch (error) {
      options.onTrouble('Reports of an agent could not be taken; they are tried again.', error);
      return delivery.retry();
    } finally {
      goOn();
    }
    await options.points.reach('before-ack');
    delivery.ack();
  }

  async function takeIn(message: AgentMessage, messageId: string): Promise<void> {
    if (!('hello' in message)) return takeReports(message, messageId);
    const welcome = await desk.welcome(message.hello);
    // It consumes them as soon as it hears their names, and declares none itself.
    if ('queues' in welcome) await Promise.all(welcome.queues.map((queue) => broker.ensureQueue(queue)));
    broker.publishEvent(agentWelcomeKey(message.reply_to), JSON.stringify(toWelcome(welcome)));
  }

  async function takeReports(message: ReportsMessage, messageId: string): Promise<void> {
    const { agent_id: agentId, generation, reports, beat } = message;
    const from = await desk.admit(agentId, generation);
    if (!from?.isCurrent) {
      control(agentId, {
        order: 'retire',
        generation: generation ?? 0,
        reason: 'another process has this name',
      });
      if (!from) await sink.keepLate(agentId, reports, 'The agent has been taken off the list.');
      const counting = from ? reports.filter((each) => !isGoingOn(each)) : [];
      if (from && counting.length > 0) await sink.report(from, counting, messageId || undefined);
      return;
    }
    if (beat) {
      const { order, max, reason, generation: current } = await desk.beat(agentId, generation, beat);
      control(agentId, {
        order,
        generation: current,
        ...(max === undefined ? {} : { max }),
        ...(reason === undefined ? {} : { reason }),
      });
    }
    if (reports.length === 0) return;
    // Without an id there is nothing to remember; the epochs alone keep a repetition from counting.
    const answers = await sink.report(from, reports, messageId || undefined);
    const stop = stopsOf(reports, answers);
    if (stop.length > 0) control(agentId, { stop });
  }

  function take(delivery: Delivery): Promise<void> {
    const work = handle(delivery).catch((error) => {
      options.onTrouble('A message of an agent made us stumble; it is tried again.', error);
      delivery.retry();
    });
    underWay.add(work);
    return work.finally(() => underWay.delete(work));
  }

  return {
    start: readings.start,
    async stop() {
      await readings.pause();
      leaving.abort();
      await Promise.all(underWay);
      await readings.stop();
    },
  };
}

/** What needs it waits alone; without the database nobody could be heard. */
const isStoreAway = (error: unknown): boolean =>
  error instanceof SignalboxError && error.code === 'UNAVAILABLE';

type AgentMessage = ReportsMessage | HelloMessage;

function readMessage(delivery: Delivery, maxBytes: number): AgentMessage | { unreadable: string } {
  if (delivery.body.byteLength > maxBytes) return { unreadable: `It is larger than ${maxBytes} bytes.` };
  const { buffer, byteOffset, byteLength } = delivery.body;
  const json = parseJsonBounded(Buffer.from(buffer, byteOffset, byteLength).toString('utf8'), {
    maxBytes,
    maxDepth: MAX_DEPTH,
  });
  if (!json.ok) return { unreadable: json.problem.message };
  const isHello = isJsonObject(json.value) && Object.hasOwn(json.value, 'hello');
  const message = (isHello ? helloMessageSchema : reportsMessageSchema).safeParse(json.value);
  if (message.success) return message.data;
  const issue = message.error.issues[0];
  return {
    unreadable: `It is no message of an agent: ${issue?.path.join('.')} ${issue?.message}`.slice(0, 500),
  };
}

function toWelcome(welcome: Awaited<ReturnType<AgentDesk['welcome']>>) {
  if ('refused' in welcome) return { version: MESSAGE_VERSION, refused: welcome.refused };
  const { agentId, generation, beatEveryMs, queues } = welcome;
  return { version: MESSAGE_VERSION, agent_id: agentId, generation, beat_every_ms: beatEveryMs, queues };
}

function stopsOf(
  reports: readonly Report[],
  answers: readonly ReportAnswer[],
): NonNullable<ControlMessage['stop']> {
  return reports.flatMap((report, at) => {
    const answer = answers[at];
    if (!answer || answer.status === 'ok' || !isGoingOn(report)) return [];
    return [{ task_id: report.task_id, epoch: report.epoch, reason: answer.reason }];
  });
}
