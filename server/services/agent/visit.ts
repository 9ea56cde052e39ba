import { z } from 'zod';
import type { Claimed } from '#server/agents/delivery/http-pull.ts';
import { notFound } from '#server/domain/errors.ts';
import { type AgentId, idSchema } from '#server/domain/ids.ts';
import { agentBeatSchema, reportSchema } from '#server/domain/messages.ts';
import type { AgentOrders, ReportAnswer } from '#server/domain/reports.ts';
import { type Actor, authorise, authoriseAnywhere } from '#server/identity/actor.ts';
import { refuseWithdrawn } from '#server/identity/withdrawn.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';

/** Agents that come for their work: each call names who comes, by the numbers its registration was answered with. */
const visitor = { id: idSchema('agent'), generation: z.int().min(1) };

export const claimSchema = z.strictObject({
  ...visitor,
  capabilities: z.array(z.string()).max(256).optional(),
  max: z.int().min(1).max(1000).default(1),
  in_flight: z.int().min(0).default(0),
  /** How long to wait for work. */
  wait_ms: z.int().min(0).max(60_000).default(20_000),
});
export const heartbeatSchema = z.strictObject({
  ...visitor,
  beat: agentBeatSchema,
  tasks: z.array(reportSchema).max(1000).default([]),
});
export const reportsSchema = z.strictObject({ ...visitor, reports: z.array(reportSchema).min(1).max(1000) });

export async function admit(
  services: Services,
  actor: Actor,
  id: z.output<typeof visitor.id>,
): Promise<void> {
  // Throws for an agent of somebody else, as for one that is not there.
  const { name } = await services.agents.registry.get(actor.orgId, id);
  // A token of another agent is told the same.
  if (actor.agent !== null && actor.agent !== name) throw notFound('agent', id);
  authorise(actor, 'agent.visit', { agent: name });
}

export async function claimTasks(
  services: Services,
  actor: Actor,
  { input, signal }: { input: unknown; signal?: AbortSignal },
): Promise<Claimed> {
  authoriseAnywhere(actor, 'agent.visit');
  const { id, generation, capabilities, max, in_flight, wait_ms } = parseInput(claimSchema, input);
  await admit(services, actor, id);
  const claimed = await services.agents.pull.claim(
    { agentId: id, generation },
    {
      ...{ max, inFlight: in_flight, waitMs: wait_ms },
      ...(capabilities ? { capabilities } : {}),
      ...(signal ? { signal } : {}),
    },
  );
  refuseWithdrawn(signal);
  return claimed;
}

export async function sendHeartbeat(
  services: Services,
  actor: Actor,
  input: unknown,
): Promise<{ orders: AgentOrders; answers: ReportAnswer[] }> {
  authoriseAnywhere(actor, 'agent.visit');
  const { id, generation, beat, tasks } = parseInput(heartbeatSchema, input);
  await admit(services, actor, id);
  const told = await services.agents.pull.heartbeat({ agentId: id, generation }, beat, tasks);
  noteOverreach(services, actor, { agent: id, answers: told.answers });
  return told;
}

/** Said of a task that is another agent's, or that there is none of here, another tenant's among them. The answer does not wait for it. */
function noteOverreach(
  { refusals }: Services,
  actor: Actor,
  { agent, answers }: { agent: AgentId; answers: readonly ReportAnswer[] },
): void {
  for (const answer of answers) {
    const isNone = answer.status === 'unknown';
    if (!isNone && !(answer.status === 'stale' && answer.isOthers)) continue;
    const { reason } = answer;
    void refusals.note(actor, { action: 'report.refused', target: agent, reason });
  }
}

export async function sendReports(services: Services, actor: Actor, input: unknown): Promise<ReportAnswer[]> {
  authoriseAnywhere(actor, 'agent.visit');
  const { id, generation, reports } = parseInput(reportsSchema, input);
  await admit(services, actor, id);
  // A task that is gone is an answer like any other: as 404 it could not be told from an agent that is gone.
  const answers = await services.agents.pull.report({ agentId: id, generation }, reports);
  noteOverreach(services, actor, { agent: id, answers });
  return answers;
}
