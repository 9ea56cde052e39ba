import { setTimeout as sleep } from 'node:timers/promises';
import type { Sql } from '#db/client.ts';
import { AgentFailure, type AgentHandler } from '#server/agents/agent.ts';
import { createGateAgent, createLedgerAgent } from './ledger.ts';

/** What the agents of an engine process can do. */
export function createScriptedAgents(service: Sql): Record<string, AgentHandler> {
  return {
    echo: async ({ input }) => input,
    ledger: createLedgerAgent(service),
    gate: createGateAgent(service),
    /** Stops when it is told to. */
    sleep: async ({ config, input }, { signal }) => {
      await sleep(Number(config.ms ?? 0), undefined, { signal });
      return input;
    },
    fail: async () => {
      throw new AgentFailure('agent', 'SCRIPTED', 'This stage always fails.');
    },
    /** Neither answers nor hears. */
    hang: () => new Promise<never>(() => undefined),
    /** Takes the whole process with it. */
    crash: async () => {
      process.kill(process.pid, 'SIGKILL');
      return null;
    },
  };
}
