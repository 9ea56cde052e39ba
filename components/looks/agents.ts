import {
  Activity,
  CircleDashed,
  CirclePause,
  CircleSlash,
  Droplet,
  ShieldAlert,
  TrendingDown,
  Wifi,
} from 'lucide-react';
import type { AgentCondition } from '../../server/domain/agent-condition.ts';
import type { Look } from '../ui/status.tsx';
import { words } from './words.ts';

const AGENT: Record<AgentCondition, Look> = {
  online: { label: words.agents.online, tone: 'good', icon: Wifi, pattern: 'solid' },
  busy: { label: words.agents.busy, tone: 'busy', icon: Activity, pattern: 'moving' },
  draining: { label: words.agents.draining, tone: 'hold', icon: Droplet, pattern: 'striped' },
  paused: { label: words.agents.paused, tone: 'hold', icon: CirclePause, pattern: 'barred' },
  failing: { label: words.agents.failing, tone: 'warn', icon: TrendingDown, pattern: 'dotted' },
  stale: { label: words.agents.stale, tone: 'warn', icon: CircleDashed, pattern: 'ruled' },
  offline: { label: words.agents.offline, tone: 'idle', icon: CircleSlash, pattern: 'outline' },
  quarantined: { label: words.agents.quarantined, tone: 'bad', icon: ShieldAlert, pattern: 'crossed' },
};

export const lookOfAgent = (condition: AgentCondition): Look => AGENT[condition];
