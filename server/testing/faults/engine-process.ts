import { flushCompileCache } from 'node:module';
import { connectDatabase } from '#db/client.ts';
import type { AgentId } from '#server/domain/ids.ts';
import type { HotState } from '#server/redis/port.ts';
import { createRedisHotState } from '#server/redis/redis.ts';
import { createScriptedEngine, type ScriptedEngine } from '../scripted-engine.ts';
import { type BrokerEngine, createBrokerEngine } from './broker-engine.ts';
import type { BootOptions, EngineReport, FromChild, ToChild } from './protocol.ts';
import { createScriptedAgents } from './scripted-agents.ts';
import { createScriptedPoints } from './scripted-points.ts';

/**
 * An engine in a process of its own, so that a test can really kill it. Its parent gives it orders over IPC and learns
 * nothing of it but the answers: whatever else is to be known is in the database.
 */
const say = (message: FromChild): void => {
  process.send?.(message);
};

type Hosted = Pick<ScriptedEngine, 'engine' | 'startVersion' | 'working' | 'leave'> &
  Partial<Pick<BrokerEngine, 'orderAgent' | 'reports'>>;

const points = createScriptedPoints((point) => say({ type: 'held', point }));
const troubles: string[] = [];
let scripted: Hosted | null = null;
let graceMs = 2000;
let muted = false;

async function boot(options: BootOptions): Promise<null> {
  const { rabbitmq } = options;
  const onTrouble = (trouble: string) => void troubles.push(trouble);
  if (options.killAt) points.killAt(options.killAt.point, options.killAt.nth);
  if (rabbitmq || options.hasFleet) {
    scripted = await createBrokerEngine({ ...options, points, onTrouble });
    return null;
  }
  const service = connectDatabase({ url: options.serviceUrl, applicationName: 'test-service', max: 2 });
  const all = createScriptedAgents(service);
  const offered = options.capabilities ?? Object.keys(all);
  graceMs = options.graceMs ?? graceMs;
  scripted = await createScriptedEngine({
    url: options.url,
    handlers: Object.fromEntries(Object.entries(all).filter(([name]) => offered.includes(name))),
    agentId: options.agentId,
    points,
    beatMs: options.beatMs ?? 200,
    sweepMs: options.sweepMs ?? 50,
    mayBeat: () => !muted,
    onTrouble,
    ...(options.maxConcurrency === undefined ? {} : { maxConcurrency: options.maxConcurrency }),
    ...(options.lanes === undefined ? {} : { lanes: options.lanes }),
    ...(options.statementMs === undefined ? {} : { statementMs: options.statementMs }),
    defaults: { leaseMs: 60_000, ...options.defaults },
    coordinates: options.coordinates ?? true,
    ...(options.maxConcurrentTasks === undefined ? {} : { maxConcurrentTasks: options.maxConcurrentTasks }),
    ...(options.redisUrl === undefined ? {} : { hot: await openHotState(options.redisUrl) }),
  });
  return null;
}

async function openHotState(url: string): Promise<HotState> {
  const hot = createRedisHotState({ url });
  await hot.start();
  return hot;
}

function booted(): Hosted {
  if (!scripted) throw new Error('this engine process has not been told to begin');
  return scripted;
}

async function obey(message: ToChild): Promise<unknown> {
  switch (message.order) {
    case 'boot':
      return boot(message.ask);
    case 'start': {
      const { versionId, input, runId, idempotency } = message.ask;
      const more = { id: runId, ...(idempotency ? { idempotency } : {}) };
      return (await booted().startVersion(versionId, input, more)).reply;
    }
    case 'tell':
      return booted().engine.tell(message.ask.runId, message.ask.happening);
    case 'report': {
      const { reports } = booted();
      if (!reports) throw new Error('this engine process has no door for reports');
      return reports.report(message.ask.from, message.ask.reports);
    }
    case 'adopt':
      return booted().engine.adopt(new Set(message.ask.gone as AgentId[]));
    case 'killAt':
      return points.killAt(message.ask.point, message.ask.nth);
    case 'holdAt':
      return points.holdAt(message.ask.point, message.ask.nth);
    case 'release':
      return points.release();
    case 'muteBeats':
      muted = message.ask.yes;
      return null;
    case 'orderAgent':
      return booted().orderAgent?.(message.ask.agentId, message.ask.state);
    case 'state':
      return report();
  }
}

function report(): EngineReport {
  const { engine, working } = booted();
  const memoryMb = process.memoryUsage().rss / 1024 / 1024;
  return { load: engine.load(), working: working(), memoryMb, troubles };
}

process.on('message', (message: ToChild) => {
  obey(message).then(
    (answer) => say({ type: 'answer', id: message.id, answer: answer ?? null }),
    (error) => say({ type: 'refused', id: message.id, message: String(error) }),
  );
});
process.on('SIGTERM', () => {
  void Promise.resolve(scripted?.leave(graceMs)).then(() => process.exit(0));
});
// The test that started it is gone.
process.on('disconnect', () => process.exit(1));
// Most of these are killed, and what they have compiled would die with them.
flushCompileCache();
say({ type: 'loaded' });
