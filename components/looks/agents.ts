import { Activity, CircleDashed, CirclePause, CircleSlash, Droplet, ShieldAlert, Wifi } from 'lucide-react';
import type { AgentState } from '../../server/domain/routing.ts';
import type { Look } from '../ui/status.tsx';
import { words } from './words.ts';

const AGENT: Record<AgentState, Look> = {
  online: { label: words.agents.online, tone: 'good', icon: Wifi, pattern: 'solid' },
  busy: { label: words.agents.busy, tone: 'busy', icon: Activity, pattern: 'moving' },
  draining: { label: words.agents.draining, tone: 'hold', icon: Droplet, pattern: 'striped' },
  paused: { label: words.agents.paused, tone: 'hold', icon: CirclePause, pattern: 'outline' },
  stale: { label: words.agents.stale, tone: 'warn', icon: CircleDashed, pattern: 'striped' },
  offline: { label: words.agents.offline, tone: 'idle', icon: CircleSlash, pattern: 'outline' },
  quarantined: { label: words.agents.quarantined, tone: 'bad', icon: ShieldAlert, pattern: 'crossed' },
};

export const lookOfAgent = (state: AgentState): Look => AGENT[state];
