import type { JsonObject } from './wire.d.mts';

/** Who works, and what waits for them. */

export interface AgentInfo {
  id: string;
  name: string;
  instance: string;
  type: string;
  status: string;
  capabilities: string[];
  labels: string[];
  transport: string;
  version: string;
  resources: JsonObject | null;
  max_concurrency: number;
  /** Share of its room that is taken, 0 to 1. */
  current_load: number;
  last_heartbeat: string | null;
  reason: string | null;
  registered_at: string;
}

export interface QueueInfo {
  queue: string;
  messages: number;
  consumers: number;
  unacked: number;
  oldest_age_ms: number | null;
}

export interface DeadLetter {
  id: string;
  message_id: string;
  queue: string;
  reason: string;
  dead_at: string | null;
  redeliveries: number;
  priority: string;
  /** Of what lies in it. */
  bytes: number;
}
