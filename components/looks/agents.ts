import { Activity, CircleDashed, CirclePause, CircleSlash, Droplet, ShieldAlert, Wifi } from 'lucide-react';
import type { AgentState } from '../../server/domain/routing.ts';
import type { Look } from '../ui/status.tsx';

const AGENT: Record<AgentState, Look> = {
  online: { label: 'Online', tone: 'good', icon: Wifi, pattern: 'solid' },
  busy: { label: 'Busy', tone: 'busy', icon: Activity, pattern: 'moving' },
  draining: { label: 'Draining', tone: 'hold', icon: Droplet, pattern: 'striped' },
  paused: { label: 'Paused', tone: 'hold', icon: CirclePause, pattern: 'outline' },
  stale: { label: 'Stale', tone: 'warn', icon: CircleDashed, pattern: 'striped' },
  offline: { label: 'Offline', tone: 'idle', icon: CircleSlash, pattern: 'outline' },
  quarantined: { label: 'Quarantined', tone: 'bad', icon: ShieldAlert, pattern: 'crossed' },
};

export const lookOfAgent = (state: AgentState): Look => AGENT[state];
