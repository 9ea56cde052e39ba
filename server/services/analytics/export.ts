import { z } from 'zod';
import type { Spread } from '#server/domain/analytics/histogram.ts';
import { type CsvCell, toCsv } from '#server/domain/csv.ts';
import type { Actor } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';
import { compareAgents } from './agents.ts';
import { listErrors } from './errors.ts';
import { MAX_BUCKETS, readOverview } from './overview.ts';
import { ALL, scopeFields } from './scope.ts';
import { readStages } from './stages.ts';

export const EXPORTS = ['series', 'stages', 'agents', 'errors'] as const;

export const exportFields = {
  what: z.enum(EXPORTS),
  format: z.enum(['csv', 'json']).default('csv'),
};
const exportSchema = z.strictObject({ ...scopeFields, ...exportFields });
type Wanted = Omit<z.output<typeof exportSchema>, 'what' | 'format'>;
type Line = Record<string, CsvCell>;

const time = (at: number): string => new Date(at).toISOString();
const spread = (name: string, { p50, p95, p99 }: Spread): Line => ({
  [`${name}_p50_ms`]: p50,
  [`${name}_p95_ms`]: p95,
  [`${name}_p99_ms`]: p99,
});

/** The lines of each export, flat, as the screen shows them: all of them, where the screen has the first. */
const LINES: Record<
  (typeof EXPORTS)[number],
  (services: Services, actor: Actor, wanted: Wanted) => Promise<Line[]>
> = {
  async series(services, actor, wanted) {
    const { series } = await readOverview(services, actor, { ...wanted, buckets: MAX_BUCKETS });
    return series.map(({ from, to, runs, tasks }) => ({
      ...{ from: time(from), to: time(to) },
      ...{ succeeded: runs.succeeded, failed: runs.failed, cancelled: runs.cancelled },
      success_rate: runs.success.value,
      ...spread('duration', runs.duration),
      ...{ tasks: tasks.tasks, retries: tasks.retries.value },
      ...spread('queue_wait', tasks.wait),
      ...spread('run_time', tasks.time),
    }));
  },
  async stages(services, actor, wanted) {
    const { stages } = await readStages(services, actor, { ...wanted, limit: ALL });
    return stages.map((stage) => ({
      ...{ pipeline_id: stage.pipelineId, pipeline: stage.pipelineName },
      ...{ stage: stage.stageKey, type: stage.capability },
      ...{ tasks: stage.tasks, failed: stage.failed, retries: stage.retries.value },
      ...{ critical_share: stage.critical.value, critical_share_before: stage.before.critical.value },
      ...spread('queue_wait', stage.wait),
      ...spread('run_time', stage.time),
    }));
  },
  async agents(services, actor, wanted) {
    const { agents } = await compareAgents(services, actor, wanted);
    return agents.map((agent) => ({
      ...{ agent_id: agent.agentId, name: agent.name, instance: agent.instance, tasks: agent.tasks },
      ...{ attempts: agent.attempts, failed_attempts: agent.failedAttempts, lost_attempts: agent.lost },
      ...{ success_rate: agent.success.value, busy_ms: agent.busyMs },
      ...spread('queue_wait', agent.wait),
      ...spread('run_time', agent.time),
    }));
  },
  async errors(services, actor, wanted) {
    const { groups } = await listErrors(services, actor, { ...wanted, limit: ALL });
    return groups.map((group) => ({
      ...{ error_group: group.id, class: group.class, code: group.code, message: group.message },
      ...{ type: group.capability, status: group.status, runs: group.runs, runs_before: group.runsBefore },
      first_seen: group.firstSeen.toISOString(),
      last_seen: group.lastSeen.toISOString(),
    }));
  },
};

/** One of the tables of the screen as a file. */
export async function exportAnalytics(
  services: Services,
  actor: Actor,
  input: z.input<typeof exportSchema>,
): Promise<{ name: string; text: string }> {
  const { what, format, ...wanted } = parseInput(exportSchema, input);
  const lines = await LINES[what](services, actor, wanted);
  const name = `${what}.${format}`;
  if (format === 'json') return { name, text: `${JSON.stringify(lines, null, 2)}\n` };
  const columns = Object.keys(lines[0] ?? {});
  return {
    name,
    text: toCsv(
      columns,
      lines.map((line) => columns.map((column) => line[column] ?? null)),
    ),
  };
}
