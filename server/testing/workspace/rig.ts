import { afterAll, beforeAll, beforeEach } from 'vitest';
import { conflictOf } from '#server/agents/workspace/desk.ts';
import type { RunId } from '#server/domain/ids.ts';
import type { JsonObject } from '#server/domain/json.ts';
import type { Actor } from '#server/identity/actor.ts';
import type { Services } from '#server/services/context.ts';
import { createPipeline } from '#server/services/pipeline/create.ts';
import { killRun } from '#server/services/run/kill.ts';
import { startRun } from '#server/services/run/start.ts';
import { readFile, writeFile } from '#server/services/workspace/files.ts';
import { claimFiles } from '#server/services/workspace/leases.ts';
import { startTestApp, type TestApp } from '../app.ts';

let names = 0;

/** A run that goes on until it is ended, with stages that do nothing. */
export async function startOpenRun(services: Services, actor: Actor, keys = ['wait']): Promise<RunId> {
  const stages = keys.map((key) => ({ key, type: 'sleep', config: { ms: 3_600_000 } }));
  return startGraph(services, actor, { stages, dependencies: [] });
}

export async function startGraph(services: Services, actor: Actor, document: JsonObject): Promise<RunId> {
  const name = `shared files ${++names}`;
  const { id } = await createPipeline(services, actor, { name, document, publish: true });
  return (await startRun(services, actor, { pipelineId: id, input: {} })).run.id;
}

export const endRun = (services: Services, actor: Actor, id: RunId) => killRun(services, actor, { id });

/** What was refused, or undefined for what was not. */
export const refused = async (work: Promise<unknown>) =>
  conflictOf(await work.then(() => null).catch((error) => error));

export const leaseOf = ({ leaseId: id, token }: { leaseId: string; token: number }) => ({ id, token });

/** A program for a test file, and an open run with a workspace for each of its tests. */
export function workspaceSuite(settings: Record<string, string> = {}) {
  let program: TestApp;
  let of: RunId;
  const at = () => [program.services, program.actor] as const;
  beforeAll(async () => {
    program = await startTestApp(settings);
  });
  afterAll(() => program[Symbol.asyncDispose]());
  beforeEach(async () => {
    of = await startOpenRun(...at(), ['wait', 'other']);
    return () => endRun(...at(), of);
  });
  return {
    at,
    program: () => program,
    of: () => of,
    put: (path: string, content: string, more: object = {}) =>
      writeFile(...at(), { of, path, content, as: 'ada', ...more }),
    async contentOf(path: string) {
      const { content } = await readFile(...at(), { of, path });
      return 'text' in content ? content.text : content;
    },
    claim: (as: string, patterns: string[], more: object = {}) =>
      claimFiles(...at(), { of, as, patterns, ...more }),
    /** As when its time had come. */
    expire: (leaseId: string) => program.database.sql`
      UPDATE workspace_leases SET expires_at = clock_timestamp() WHERE id = ${leaseId}::text::uuid`,
  };
}
