import type { Subject } from './subject.ts';
import type { CheckedWorkload } from './workload.ts';

/** One metric of one bench: a value a repeat. */
export interface Measurement {
  metric: string;
  unit: string;
  values: number[];
}

export interface Plan {
  /** Runs of a chain lap. */
  chainRuns: number;
  chainRepeats: number;
  /** Runs, one at a time, of a latency repeat. */
  latencyRuns: number;
  latencyRepeats: number;
  fanOutWidth: number;
  fanOutRepeats: number;
  startupRepeats: number;
  /** Clients that listen, and for how long the engine runs at half speed before them. */
  liveClients: number;
  liveMs: number;
  /** Laps with and without telling, by turns. */
  liveRounds: number;
  /** Of a full and an empty database by turns. */
  growthRounds: number;
  /** Of a bare MCP server and the gateway by turns, calls of a turn for each caller, and connections held at once. */
  mcpRounds: number;
  mcpCalls: number;
  mcpConnections: number;
  /** Calls, and connects and disconnects, after which the gateway is looked at for what it has kept. */
  mcpEnduredCalls: number;
  mcpCycles: number;
  /** How long so many agents work together. */
  agentCounts: readonly number[];
  agentsMs: number;
  /** Calls of each kind at the doors, before they count and then; how long many are sent at once; runs of the history. */
  apiWarmUp: number;
  apiCalls: number;
  apiLoadMs: number;
  historyRuns: number;
  /** How long the soak goes on after its warm-up. */
  soakMs: number;
  /** One sample a lap. */
  soakLapMs: number;
  /** Warm-up goes on until it has taken this long. */
  warmUpMs: number;
}

export const FULL_PLAN: Plan = {
  chainRuns: 10_000,
  chainRepeats: 3,
  latencyRuns: 200,
  latencyRepeats: 3,
  fanOutWidth: 1000,
  fanOutRepeats: 5,
  startupRepeats: 3,
  liveClients: 1000,
  liveMs: 20_000,
  liveRounds: 15,
  growthRounds: 20,
  mcpRounds: 12,
  mcpCalls: 300,
  mcpConnections: 500,
  mcpEnduredCalls: 10_000,
  mcpCycles: 1000,
  agentCounts: [2, 16, 64],
  agentsMs: 60_000,
  apiWarmUp: 20,
  apiCalls: 200,
  apiLoadMs: 30_000,
  // 5,000,000 tasks.
  historyRuns: 1_100_000,
  soakMs: 600_000,
  soakLapMs: 10_000,
  warmUpMs: 4000,
};

/** For trying things out: its figures are too noisy to quote. */
export const QUICK_PLAN: Plan = {
  ...FULL_PLAN,
  chainRuns: 1000,
  chainRepeats: 1,
  latencyRuns: 50,
  latencyRepeats: 1,
  fanOutRepeats: 2,
  startupRepeats: 1,
  liveClients: 100,
  liveMs: 3000,
  liveRounds: 4,
  growthRounds: 5,
  mcpRounds: 4,
  mcpCalls: 60,
  mcpConnections: 50,
  mcpEnduredCalls: 1000,
  mcpCycles: 40,
  agentsMs: 5000,
  apiWarmUp: 5,
  apiCalls: 30,
  apiLoadMs: 5000,
  historyRuns: 20_000,
  soakMs: 30_000,
  soakLapMs: 1000,
  warmUpMs: 500,
};

/** To see that all of it works: its figures say nothing. */
export const SMOKE_PLAN: Plan = {
  chainRuns: 20,
  chainRepeats: 1,
  latencyRuns: 3,
  latencyRepeats: 1,
  fanOutWidth: 20,
  fanOutRepeats: 1,
  startupRepeats: 1,
  liveClients: 5,
  liveMs: 500,
  liveRounds: 2,
  growthRounds: 2,
  mcpRounds: 2,
  mcpCalls: 3,
  mcpConnections: 4,
  mcpEnduredCalls: 20,
  mcpCycles: 2,
  agentCounts: [2, 4],
  agentsMs: 500,
  apiWarmUp: 1,
  apiCalls: 2,
  apiLoadMs: 400,
  historyRuns: 200,
  soakMs: 500,
  soakLapMs: 200,
  warmUpMs: 0,
};

export interface BenchContext {
  subject: Subject;
  work: CheckedWorkload;
  plan: Plan;
  databaseUrl?: string;
}
