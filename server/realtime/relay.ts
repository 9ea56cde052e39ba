import { SignalboxError } from '#server/domain/errors.ts';
import type { OrgId } from '#server/domain/ids.ts';
import { CHANNEL } from '#server/redis/keys.ts';
import type { HotState } from '#server/redis/port.ts';
import type { Services } from '#server/services/context.ts';
import type { LiveFeed } from '#server/services/live/feed.ts';
import { type AgentsWatch, createAgentsWatch } from './agents-watch.ts';
import { createDesk, type Desk } from './desk.ts';
import { createFewAtOnce } from './few-at-once.ts';
import { readNudge } from './nudge.ts';
import { createRedactor } from './redact-news.ts';
import { createSession } from './session.ts';

export interface RelayOptions {
  services: Pick<Services, 'db' | 'presence' | 'graphOf'>;
  hot: Pick<HotState, 'subscribe' | 'onGap'>;
  now(): number;
  /** What moves within this time is told together. */
  flushMs?: number;
  /** How often it looks for what was not announced. Resume points are as old as that at most. */
  lookMs?: number;
  agentsMs?: number;
  /** Who reads nothing for so long is ended. */
  patienceMs?: number;
  onTrouble(message: string, error: unknown): void;
}

export interface Relay extends LiveFeed {
  stop(): Promise<void>;
  /** Orgs that are watched, for metrics and tests. */
  orgs(): number;
}

interface Office {
  desk: Desk;
  agents: AgentsWatch;
  sessions: number;
  close(): void;
}

const FLUSH_MS = 50;
const LOOK_MS = 2000;
const AGENTS_MS = 1000;
const PATIENCE_MS = 30_000;
/** Who catch up read so many at once, of all connections: the doors' other work needs the database too. */
const CATCHING_UP = 2;

/** Carries events from the database to this process's connections; listens only for orgs that somebody here hears. */
export function createRelay(options: RelayOptions): Relay {
  const { services, hot, now, onTrouble } = options;
  const offices = new Map<OrgId, Office>();
  const redact = createRedactor();
  const few = createFewAtOnce(CATCHING_UP);
  let isStopped = false;

  function openOffice(orgId: OrgId): Office {
    const parts = { services, orgId, now, onTrouble };
    const desk = createDesk({ ...parts, flushMs: options.flushMs ?? FLUSH_MS });
    const agents = createAgentsWatch({ ...parts, hot, everyMs: options.agentsMs ?? AGENTS_MS });
    let isLooking = false;
    const look = (): void => {
      if (isLooking) return;
      isLooking = true;
      desk
        .look()
        .catch((error: unknown) => onTrouble('New events could not be looked for.', error))
        .finally(() => {
          isLooking = false;
        });
    };
    const timer = setInterval(look, options.lookMs ?? LOOK_MS);
    timer.unref();
    const endGap = hot.onGap(look);
    const subscribed = hot.subscribe(CHANNEL.orgEvents(orgId), (message) =>
      desk.nudge(readNudge(message) ?? []),
    );
    subscribed.catch((error: unknown) => onTrouble('Announcements of events cannot be heard.', error));
    return {
      ...{ desk, agents },
      sessions: 0,
      close() {
        clearInterval(timer);
        endGap();
        agents.stop();
        desk.close();
        subscribed.then((end) => end()).catch(() => undefined);
      },
    };
  }

  function leave(orgId: OrgId, office: Office): void {
    office.sessions -= 1;
    if (office.sessions > 0) return;
    office.close();
    offices.delete(orgId);
  }

  return {
    open(actor, sink) {
      if (isStopped)
        throw new SignalboxError('UNAVAILABLE', 'The server stops.', {
          advice: 'Connect again in a moment.',
        });
      const office = offices.get(actor.orgId) ?? openOffice(actor.orgId);
      offices.set(actor.orgId, office);
      office.sessions += 1;
      const patienceMs = options.patienceMs ?? PATIENCE_MS;
      const session = createSession({
        ...{ services, actor, sink, now, patienceMs, redact, few, onTrouble },
        ...office,
      });
      let isOpen = true;
      return {
        ...session,
        close() {
          session.close();
          if (isOpen) leave(actor.orgId, office);
          isOpen = false;
        },
      };
    },
    async stop() {
      isStopped = true;
      for (const office of offices.values()) office.close();
      offices.clear();
    },
    orgs: () => offices.size,
  };
}
