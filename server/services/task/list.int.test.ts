import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { taskFilterInput, toTaskFilter } from '#server/api/operations/task-filter.ts';
import { isTaskOver } from '#server/domain/statuses.ts';
import { startTestApp, type TestApp } from '#server/testing/app.ts';
import {
  agentOf,
  ERROR_GROUP,
  fillWithTasks,
  type KnownTask,
  numberOf,
  PIPELINE,
  TASKS,
  timeOf,
} from '#server/testing/listed-tasks.ts';
import { listTasks, type TASK_SORTS } from './list.ts';

type Filter = z.input<typeof schema>;
const schema = z.strictObject(taskFilterInput);
type Sort = (typeof TASK_SORTS)[number];
const ORDERS = ['asc', 'desc'] as const;

let program: TestApp;
beforeAll(async () => {
  program = await startTestApp();
  await fillWithTasks(program);
});
afterAll(() => program?.[Symbol.asyncDispose]());

interface Case {
  ask: Filter;
  isTrueOf(task: KnownTask): boolean;
}

const isIn = (time: number | null, from: string | null, until: string | null): boolean =>
  time !== null &&
  (from === null || time >= Date.parse(from)) &&
  (until === null || time < Date.parse(until));
/** Of a task on its own its run's, from its submission on. */
const durationOf = ({ run, startedAt, finishedAt }: KnownTask): number | null => {
  const from = run.isStandalone && isAlone ? run.createdAt : startedAt;
  return finishedAt === null || from === null ? null : finishedAt - from;
};
/** What is asked for is the tasks that stand alone. */
let isAlone = true;
const [SOME = TASKS[0]] = TASKS.filter(({ run }) => !run.isStandalone && run.status === 'succeeded');
const [RUN, RUN_NUMBER] = [SOME?.run, SOME ? numberOf(SOME.run) : 0];

/** For each field of the filter something that it is asked for. One that is not here does not compile. */
const CASES: Record<keyof typeof taskFilterInput, Case> = {
  standalone: { ask: { standalone: true }, isTrueOf: ({ run }) => run.isStandalone },
  over: { ask: { over: true }, isTrueOf: ({ status }) => isTaskOver(status) },
  status: {
    ask: { status: ['failed', 'pending'] },
    isTrueOf: ({ word }) => ['failed', 'pending'].includes(word),
  },
  state: {
    ask: { state: ['retrying', 'succeeded', 'skipped'] },
    isTrueOf: ({ status }) => ['retrying', 'succeeded', 'skipped'].includes(status),
  },
  capability: { ask: { capability: 'echo' }, isTrueOf: ({ type }) => type === 'echo' },
  stage: { ask: { stage: 'second' }, isTrueOf: ({ key }) => key === 'second' },
  waiting: {
    ask: { waiting: ['no-agent', 'queue'] },
    isTrueOf: ({ waiting }) => ['no-agent', 'queue'].includes(waiting ?? ''),
  },
  run_id: { ask: { run_id: RUN?.id }, isTrueOf: ({ run }) => run.id === RUN?.id },
  pipeline_id: {
    ask: { pipeline_id: PIPELINE },
    isTrueOf: ({ run }) =>
      run.pipelineId === PIPELINE || (isAlone && run.labels.includes(`pipeline_id=${PIPELINE}`)),
  },
  version: {
    ask: { version: RUN_NUMBER, pipeline_id: RUN?.pipelineId as typeof PIPELINE },
    isTrueOf: ({ run }) => run.versionId === RUN?.versionId,
  },
  version_id: {
    ask: { version_id: RUN?.versionId },
    isTrueOf: ({ run }) => run.versionId === RUN?.versionId,
  },
  tag: { ask: { tag: 'nightly' }, isTrueOf: ({ run }) => run.labels.includes('tag:nightly') },
  metadata: { ask: { metadata: 'env=prod' }, isTrueOf: ({ run }) => run.labels.includes('env=prod') },
  agent_id: {
    ask: { agent_id: agentOf(1) },
    isTrueOf: ({ agent, before }) => agent === agentOf(1) || before === agentOf(1),
  },
  trigger: { ask: { trigger: 'manual' }, isTrueOf: ({ run }) => run.trigger === 'manual' },
  error_group: {
    ask: { error_group: ERROR_GROUP },
    isTrueOf: ({ run }) => run.errorGroup === ERROR_GROUP,
  },
  id_prefix: {
    ask: { id_prefix: `task_${RUN?.id.slice(4, 4 + 7)}` },
    isTrueOf: ({ id }) => id.startsWith(`task_${RUN?.id.slice(4, 4 + 7)}`),
  },
  created_after: {
    ask: { created_after: timeOf(20) },
    isTrueOf: ({ run }) => isIn(run.createdAt, timeOf(20), null),
  },
  created_before: {
    ask: { created_before: timeOf(50) },
    isTrueOf: ({ run }) => isIn(run.createdAt, null, timeOf(50)),
  },
  started_after: {
    ask: { started_after: timeOf(15.5) },
    isTrueOf: ({ startedAt }) => isIn(startedAt, timeOf(15.5), null),
  },
  started_before: {
    ask: { started_before: timeOf(55.5) },
    isTrueOf: ({ startedAt }) => isIn(startedAt, null, timeOf(55.5)),
  },
  finished_after: {
    ask: { finished_after: timeOf(25) },
    isTrueOf: ({ finishedAt }) => isIn(finishedAt, timeOf(25), null),
  },
  finished_before: {
    ask: { finished_before: timeOf(60) },
    isTrueOf: ({ finishedAt }) => isIn(finishedAt, null, timeOf(60)),
  },
  min_duration_ms: {
    ask: { min_duration_ms: 150_000 },
    isTrueOf: (task) => (durationOf(task) ?? -1) >= 150_000,
  },
  max_duration_ms: {
    ask: { max_duration_ms: 500_000 },
    isTrueOf: (task) => (durationOf(task) ?? Number.POSITIVE_INFINITY) < 500_000,
  },
};

type Field = keyof typeof CASES;
const FIELDS = Object.keys(CASES) as Field[];
/** Of tasks on their own there is no such thing. */
const OF_RUNS: readonly Field[] = ['run_id', 'version', 'version_id', 'trigger', 'stage'];

const placeOf: Record<Sort, (task: KnownTask) => number | null> = {
  created: ({ run }) => run.createdAt,
  started: ({ startedAt }) => startedAt,
  finished: ({ finishedAt }) => finishedAt,
  duration: durationOf,
};

/** What the whole list is, by what is known of every task. */
function expected(fields: readonly Field[], sort: Sort, order: 'asc' | 'desc'): string[] {
  const sign = order === 'asc' ? 1 : -1;
  return TASKS.filter((task) => (!isAlone || task.run.isStandalone) && placeOf[sort](task) !== null)
    .filter((task) => fields.every((field) => CASES[field].isTrueOf(task)))
    .sort((one, other) => {
      const byPlace = (placeOf[sort](one) ?? 0) - (placeOf[sort](other) ?? 0);
      const byRun = one.run.id < other.run.id ? -1 : Number(one.run.id > other.run.id);
      return sign * (byPlace || byRun || one.index - other.index);
    })
    .map(({ id }) => id);
}

async function readAll(filter: Filter, sort: Sort, order: 'asc' | 'desc'): Promise<string[]> {
  const asked = toTaskFilter(schema.parse(filter));
  const found: string[] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof listTasks>> = await listTasks(program.services, program.actor, {
      ...{ ...asked, sort, order, limit: 7 },
      ...(cursor ? { cursor } : {}),
    });
    expect(page.items.length).toBeLessThanOrEqual(7);
    found.push(...page.items.map(({ id }) => id));
    cursor = page.nextCursor;
  } while (cursor);
  return found;
}

/** Each field alone, and each with each that comes after it. */
const COMBINATIONS = FIELDS.flatMap((one, at) => [
  [one],
  ...FIELDS.slice(at + 1).map((other) => [one, other]),
]);
const askedBy = (fields: readonly Field[]): Filter =>
  Object.assign({}, ...fields.map((field) => CASES[field].ask));

const SORTED = {
  alone: ['created', 'finished', 'duration'],
  all: ['created'],
  'of one run': ['created', 'started', 'finished', 'duration'],
} as const satisfies Record<string, readonly Sort[]>;

/** A field in every order that there is, two of them in one of these, in turns. */
function inOrders(kind: keyof typeof SORTED, fields: readonly Field[]): (readonly [Sort, 'asc' | 'desc'])[] {
  const all = SORTED[kind].flatMap((sort) => ORDERS.map((order) => [sort, order] as const));
  const turn = fields.reduce((sum, field) => sum + FIELDS.indexOf(field), 0);
  return fields.length === 1 ? all : all.slice(turn % all.length, (turn % all.length) + 1);
}

const canBeAlone = (fields: readonly Field[]) => !fields.some((field) => OF_RUNS.includes(field));
const isOfOnePipeline = (fields: readonly Field[]) =>
  !fields.includes('version') || !fields.includes('pipeline_id');

describe('tasks', () => {
  test('are found by each field of the filter', () => {
    expect(FIELDS.toSorted()).toEqual(Object.keys(taskFilterInput).toSorted());
  });

  test.each(FIELDS)('by %s are some and not all', (field) => {
    isAlone = canBeAlone([field]) && field !== 'standalone';
    const all = TASKS.filter(({ run }) => !isAlone || run.isStandalone);
    const found = expected([field], 'created', 'asc');
    expect(found.length).toBeGreaterThan(0);
    expect(found.length).toBeLessThan(all.length);
  });

  const alone = COMBINATIONS.filter(canBeAlone).map((fields) => [fields.join(' and '), fields] as const);
  test.each(alone)('that stand alone, by %s', async (_, fields) => {
    isAlone = true;
    for (const [sort, order] of inOrders('alone', fields))
      expect([sort, order, await readAll(askedBy(fields), sort, order)]).toEqual([
        ...[sort, order, expected(fields, sort, order)],
      ]);
  });

  const ofAll = COMBINATIONS.filter(
    (fields) => !fields.includes('standalone') && isOfOnePipeline(fields),
  ).map((fields) => [fields.join(' and '), fields] as const);
  test.each(ofAll)('of all runs, by %s', async (_, fields) => {
    isAlone = false;
    const asked = { ...askedBy(fields), standalone: false };
    for (const [sort, order] of inOrders('all', fields))
      expect([sort, order, await readAll(asked, sort, order)]).toEqual([
        ...[sort, order, expected(fields, sort, order)],
      ]);
  });

  const ofOne = FIELDS.filter((field) => field !== 'standalone').map((field) => [field] as const);
  test.each(ofOne)('of one run, by %s', async (field) => {
    isAlone = false;
    const fields = field === 'run_id' ? [field] : (['run_id', field] as const);
    for (const [sort, order] of inOrders('of one run', [field]))
      expect([sort, order, await readAll(askedBy(fields), sort, order)]).toEqual([
        ...[sort, order, expected(fields, sort, order)],
      ]);
  });

  test.each([
    [{ standalone: false, sort: 'finished' }],
    [{ sort: 'started' }],
    [{ standalone: true, trigger: 'manual' }],
    [{ standalone: true, version: 1, pipelineId: PIPELINE }],
  ] as const)('%j is refused, with what to do', async (input) => {
    const asked = listTasks(program.services, program.actor, input);
    await expect(asked).rejects.toMatchObject({ code: 'INVALID', advice: expect.stringMatching(/\w/) });
  });

  test('of another tenant are not found, whatever is asked for', async () => {
    isAlone = false;
    const stranger = { ...program.actor, orgId: `org_${'5'.repeat(32)}` as typeof program.actor.orgId };
    for (const field of FIELDS.filter((one) => one !== 'version')) {
      const asked = toTaskFilter(schema.parse({ standalone: false, ...CASES[field].ask }));
      expect((await listTasks(program.services, stranger, asked)).items).toEqual([]);
    }
  });
});
