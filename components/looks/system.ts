import {
  Ban,
  Check,
  CircleDashed,
  CirclePause,
  CircleSlash,
  Hourglass,
  Pencil,
  ShieldX,
  Snowflake,
  Sparkles,
  TriangleAlert,
  Unplug,
  X,
} from 'lucide-react';
import type { CallOutcome, ToolState } from '../../server/domain/mcp.ts';
import type { DeliveryState } from '../../server/domain/notifications.ts';
import type { Look } from '../ui/status.tsx';
import { words } from './words.ts';

const DELIVERY: Record<DeliveryState, Look> = {
  waiting: { label: words.deliveries.waiting, tone: 'busy', icon: Hourglass, pattern: 'striped' },
  delivered: { label: words.deliveries.delivered, tone: 'good', icon: Check, pattern: 'solid' },
  'given-up': { label: words.deliveries['given-up'], tone: 'bad', icon: X, pattern: 'crossed' },
};
export const lookOfDelivery = (state: DeliveryState): Look => DELIVERY[state];

const ANSWERS: Look = { label: words.parts.answers, tone: 'good', icon: Check, pattern: 'solid' };
const SILENT: Look = { label: words.parts.silent, tone: 'bad', icon: X, pattern: 'crossed' };
/** Of what the server leans on. */
export const lookOfPart = (isOk: boolean): Look => (isOk ? ANSWERS : SILENT);

const CONDITION = {
  triggered: { label: words.conditions.triggered, tone: 'bad', icon: Unplug, pattern: 'crossed' },
  fine: { label: words.conditions.fine, tone: 'good', icon: Check, pattern: 'solid' },
  unknown: { label: words.conditions.unknown, tone: 'idle', icon: CircleDashed, pattern: 'outline' },
} as const satisfies Record<string, Look>;
export const lookOfCondition = (condition: { triggered: boolean; value: number | null }): Look => {
  if (condition.triggered) return CONDITION.triggered;
  return condition.value === null ? CONDITION.unknown : CONDITION.fine;
};

export const CONNECTION_STATES = ['reachable', 'unreachable', 'cooling', 'unknown', 'off'] as const;
const CONNECTION: Record<(typeof CONNECTION_STATES)[number], Look> = {
  reachable: { label: words.connections.reachable, tone: 'good', icon: Check, pattern: 'solid' },
  unreachable: { label: words.connections.unreachable, tone: 'bad', icon: Unplug, pattern: 'crossed' },
  cooling: { label: words.connections.cooling, tone: 'warn', icon: Snowflake, pattern: 'striped' },
  unknown: { label: words.connections.unknown, tone: 'idle', icon: CircleDashed, pattern: 'outline' },
  off: { label: words.connections.off, tone: 'hold', icon: CirclePause, pattern: 'outline' },
};
export const lookOfConnection = (state: (typeof CONNECTION_STATES)[number]): Look => CONNECTION[state];

/** How a connection is doing, in one word. */
export function stateOfConnection(connection: {
  enabled: boolean;
  breaker: { state: string };
  health: { ok: boolean } | null;
}): (typeof CONNECTION_STATES)[number] {
  const { enabled, breaker, health } = connection;
  if (!enabled) return 'off';
  if (breaker.state !== 'closed') return 'cooling';
  if (!health) return 'unknown';
  return health.ok ? 'reachable' : 'unreachable';
}

const TOOL: Record<ToolState, Look> = {
  approved: { label: words.tools.approved, tone: 'good', icon: Check, pattern: 'solid' },
  new: { label: words.tools.new, tone: 'warn', icon: Sparkles, pattern: 'outline' },
  changed: { label: words.tools.changed, tone: 'warn', icon: Pencil, pattern: 'striped' },
  blocked: { label: words.tools.blocked, tone: 'bad', icon: ShieldX, pattern: 'crossed' },
  gone: { label: words.tools.gone, tone: 'idle', icon: CircleSlash, pattern: 'dotted' },
};
export const lookOfTool = (state: ToolState): Look => TOOL[state];

const CALL: Record<CallOutcome, Look> = {
  answered: { label: words.calls.answered, tone: 'good', icon: Check, pattern: 'solid' },
  'tool-error': { label: words.calls['tool-error'], tone: 'warn', icon: TriangleAlert, pattern: 'striped' },
  fault: { label: words.calls.fault, tone: 'bad', icon: X, pattern: 'crossed' },
  refused: { label: words.calls.refused, tone: 'hold', icon: Ban, pattern: 'outline' },
  stopped: { label: words.calls.stopped, tone: 'idle', icon: CircleSlash, pattern: 'solid' },
};
export const lookOfCall = (outcome: CallOutcome): Look => CALL[outcome];
