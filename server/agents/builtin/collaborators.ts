import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { describeConflict } from '#server/domain/workspace/conflict.ts';
import { AgentFailure, type AssignmentContext, type BuiltinAgent } from '../agent.ts';
import { refusedBy, type SharedFiles, type SharedFilesOf } from '../workspace/shared.ts';
import { readConfig } from './read-config.ts';

/**
 * Two agents that show how agents share files: each wants the same file at the same time, is refused, and finds a way.
 * There is no model in them: what they write is always the same. The conflicts are real.
 */
const configSchema = z.strictObject({
  path: z.string().min(1).max(200).default('report.md'),
  pauseMs: z
    .int()
    .min(0)
    .max(10_000)
    .default(1_500)
    .describe('Between two steps, so that people can follow.'),
  patienceMs: z.int().min(1_000).max(600_000).default(60_000).describe('How long one waits for the other.'),
});
type Config = z.output<typeof configSchema>;

export const collaboratorConfigSchemas = {
  'demo-writer': configSchema.describe(
    'For demonstrations, without a model: writes a fixed report into a file that a reviewer wants at the same time',
  ),
  'demo-reviewer': configSchema.describe(
    'For demonstrations, without a model: reviews the report of the writer, whose claim it runs into first',
  ),
} as const;

interface Scene {
  files: SharedFiles;
  config: Config;
  signal: AbortSignal;
  pause(): Promise<void>;
}

const WRITER = 'builtin-demo-writer';
const REVIEWER = 'builtin-demo-reviewer';
const OPEN = '[figure to come]';

const SECTIONS = [
  '# A report that two agents share\n\nThis text is always the same: no model has written it.\n',
  `\n## Results\n\nIt took ${OPEN} to agree.\n`,
  '\n## Method\n\nEach change names the version that it was made from.\n',
];

/** Holds the file until the other has asked for it, so that they always collide. */
async function write({ files, config, signal, pause }: Scene) {
  const { path, patienceMs: waitMs } = config;
  await files.join('writes the report');
  const lease = await files.claim([path], waitMs);
  await files.log(`Claimed ${path}: fencing token ${lease.token}.`);
  const proof = { id: lease.leaseId, token: lease.token };
  let version = (await files.find(path))?.version ?? 0;
  let text = '';
  for (const section of SECTIONS) {
    text += section;
    ({ version } = await files.write({ path, content: { text }, baseVersion: version, lease: proof }));
    await files.log(`Wrote version ${version} of ${path}.`);
    await pause();
  }
  const asked = await files.until(() => newsFrom(files, REVIEWER), { waitMs, signal });
  await files.release(lease);
  await files.log(asked ? `Released ${path}: ${asked.fromName} asked for it.` : `Released ${path}.`);
  if (!asked) return { path, version, conflicts: 0 };
  await files.send(asked.from, `${path} is yours.`);
  const reviewed = await files.until(() => newsFrom(files, REVIEWER), { waitMs, signal });
  if (!reviewed) return { path, version, conflicts: 0 };
  const last = await finish({ files, config, signal, pause }, version);
  await files.leave();
  return { path, version: last, conflicts: 1 };
}

/** On the version that it knows: the reviewer was quicker, so it is refused, sees what is new, and makes it anew. */
async function finish({ files, config: { path }, pause }: Scene, known: number): Promise<number> {
  const edits = [{ old: OPEN, new: 'one claim, one message and one diff' }];
  try {
    return (await files.edit({ path, edits, baseVersion: known })).version;
  } catch (error) {
    const conflict = refusedBy(error);
    await files.log(`Refused: ${describeConflict(conflict).message}`, 'warn');
    if (conflict.kind === 'outdated' && conflict.diff) await files.log(`What is new:\n${conflict.diff}`);
    await pause();
    const current = await files.read(path);
    const { version } = await files.edit({ path, edits, baseVersion: current.version });
    await files.log(`Made the change on version ${current.version}: it is version ${version} now.`);
    return version;
  }
}

async function review({ files, config, signal, pause }: Scene) {
  const { path, patienceMs: waitMs } = config;
  await files.join('reviews the report');
  const there = await files.until(() => files.find(path), { waitMs, signal });
  if (!there) throw new AgentFailure('agent', 'NOTHING_TO_REVIEW', `Nobody has written ${path}.`);
  const { lease, wasRefused } = await takeOver({ files, config, signal, pause });
  await files.log(`Claimed ${path}: fencing token ${lease.token}.`);
  const { version } = await files.edit({
    path,
    edits: [{ old: '## Method\n', new: '## Method\n\n> Reviewed: the figure is still missing.\n' }],
    lease: { id: lease.leaseId, token: lease.token },
  });
  await files.log(`Reviewed ${path}: version ${version}.`);
  await pause();
  await files.release(lease);
  await files.send(null, `I have reviewed ${path}: version ${version}.`);
  await files.leave();
  return { path, version, conflicts: wasRefused ? 1 : 0 };
}

/** The claim, or an answer that says who has it; then it asks, and tries again when something has happened. */
async function takeOver({ files, config, signal }: Scene) {
  const { path, patienceMs: waitMs } = config;
  let wasRefused = false;
  const lease = await files.until(
    async () => {
      try {
        return await files.claim([path]);
      } catch (error) {
        const conflict = refusedBy(error);
        if (!wasRefused) {
          wasRefused = true;
          await files.log(`Refused: ${describeConflict(conflict).message}`, 'warn');
          if (conflict.kind === 'locked') await files.send(conflict.heldBy.holder, `May I have ${path}?`);
        }
        return null;
      }
    },
    { waitMs, signal },
  );
  if (lease) return { lease, wasRefused };
  throw new AgentFailure('agent', 'STILL_CLAIMED', `${path} was not released in time.`);
}

/** The newest of what has come from that one; what else has come is of no use here. */
async function newsFrom(files: SharedFiles, name: string) {
  return (await files.inbox()).findLast(({ fromName }) => fromName === name) ?? null;
}

export function createCollaborators(sharedFilesOf: SharedFilesOf, maxConcurrency: number): BuiltinAgent[] {
  const agent = (
    name: string,
    capability: string,
    act: (scene: Scene) => Promise<{ path: string; version: number; conflicts: number }>,
  ): BuiltinAgent => ({
    ...{ name, maxConcurrency, version: '1.0.0', capabilities: [capability] },
    async handle(assignment, context) {
      const config = readConfig(configSchema, assignment.config);
      context.log('info', 'This is a demonstration stage: no model is asked, the text is always the same.');
      return act({ config, files: await sharedFilesOf(assignment, name), ...timing(config, context) });
    },
  });
  return [agent(WRITER, 'demo-writer', write), agent(REVIEWER, 'demo-reviewer', review)];
}

function timing({ pauseMs }: Config, { signal }: AssignmentContext): Pick<Scene, 'signal' | 'pause'> {
  return { signal, pause: () => delay(pauseMs, undefined, { signal }) };
}
