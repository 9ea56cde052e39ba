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

const DELIVERY: Record<DeliveryState, Look> = {
  waiting: { label: 'On its way', tone: 'busy', icon: Hourglass, pattern: 'striped' },
  delivered: { label: 'Delivered', tone: 'good', icon: Check, pattern: 'solid' },
  'given-up': { label: 'Given up', tone: 'bad', icon: X, pattern: 'crossed' },
};
export const lookOfDelivery = (state: DeliveryState): Look => DELIVERY[state];

const ANSWERS: Look = { label: 'Answers', tone: 'good', icon: Check, pattern: 'solid' };
const SILENT: Look = { label: 'Does not answer', tone: 'bad', icon: X, pattern: 'crossed' };
/** Of what the server leans on. */
export const lookOfPart = (isOk: boolean): Look => (isOk ? ANSWERS : SILENT);

const CONDITION = {
  triggered: { label: 'Beyond its limit', tone: 'bad', icon: Unplug, pattern: 'crossed' },
  fine: { label: 'Within its limit', tone: 'good', icon: Check, pattern: 'solid' },
  unknown: { label: 'Nothing seen', tone: 'idle', icon: CircleDashed, pattern: 'outline' },
} as const satisfies Record<string, Look>;
export const lookOfCondition = (condition: { triggered: boolean; value: number | null }): Look => {
  if (condition.triggered) return CONDITION.triggered;
  return condition.value === null ? CONDITION.unknown : CONDITION.fine;
};

export const CONNECTION_STATES = ['reachable', 'unreachable', 'cooling', 'unknown', 'off'] as const;
const CONNECTION: Record<(typeof CONNECTION_STATES)[number], Look> = {
  reachable: { label: 'Reachable', tone: 'good', icon: Check, pattern: 'solid' },
  unreachable: { label: 'Unreachable', tone: 'bad', icon: Unplug, pattern: 'crossed' },
  cooling: { label: 'Cooling off', tone: 'warn', icon: Snowflake, pattern: 'striped' },
  unknown: { label: 'Not asked yet', tone: 'idle', icon: CircleDashed, pattern: 'outline' },
  off: { label: 'Off', tone: 'hold', icon: CirclePause, pattern: 'outline' },
};
export const lookOfConnection = (state: (typeof CONNECTION_STATES)[number]): Look => CONNECTION[state];

const TOOL: Record<ToolState, Look> = {
  approved: { label: 'Approved', tone: 'good', icon: Check, pattern: 'solid' },
  new: { label: 'New', tone: 'warn', icon: Sparkles, pattern: 'outline' },
  changed: { label: 'Changed', tone: 'warn', icon: Pencil, pattern: 'striped' },
  blocked: { label: 'Blocked', tone: 'bad', icon: ShieldX, pattern: 'crossed' },
  gone: { label: 'Gone', tone: 'idle', icon: CircleSlash, pattern: 'dotted' },
};
export const lookOfTool = (state: ToolState): Look => TOOL[state];

const CALL: Record<CallOutcome, Look> = {
  answered: { label: 'Answered', tone: 'good', icon: Check, pattern: 'solid' },
  'tool-error': { label: 'Tool could not', tone: 'warn', icon: TriangleAlert, pattern: 'striped' },
  fault: { label: 'No answer', tone: 'bad', icon: X, pattern: 'crossed' },
  refused: { label: 'Refused', tone: 'hold', icon: Ban, pattern: 'outline' },
  stopped: { label: 'Stopped', tone: 'idle', icon: CircleSlash, pattern: 'solid' },
};
export const lookOfCall = (outcome: CallOutcome): Look => CALL[outcome];
