import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { connectDatabase, connectFinder, type Sql } from '#db/client.ts';
import { fromUuid, type RunId, taskId } from '#server/domain/ids.ts';
import { LOOKS } from '#server/services/born-page.ts';
import { type HeardDatabase, type HeardStatement, hearStatements } from '#server/testing/heard-statements.ts';
import { ago } from '#server/testing/listed-filters.ts';
import { BULK, CONNECTION, fillWithOthers, ROWS, SOME_RUN, TARGET } from '#server/testing/listed-others.ts';
import {
  AGENT,
  BUSY,
  GROUP,
  id,
  type ListedRuns,
  PIPELINE,
  RUNS,
  SELDOM,
  startListedRuns,
  VERSION,
} from '#server/testing/listed-runs.ts';
import { listOperations, type NamedOperation } from './index.ts';
import { isRaw, type JsonOperation } from './operation.ts';

/**
 * Every list with everything that it can be asked for, on large tables: what is sent to the database is explained.
 * What can be asked for is read off the operations, so that a new field without a value here fails.
 */
let listed: ListedRuns;
let heard: HeardDatabase;
let planners: Record<'kept' | 'by value', Sql>;
beforeAll(async () => {
  listed = await startListedRuns();
  await fillWithOthers(listed.program);
  heard = hearStatements(listed.program.services.db);
  const one = { url: listed.program.database.url, applicationName: 'planner', max: 1 };
  planners = { kept: connectFinder(one), 'by value': connectDatabase({ ...one, plansByValue: true }) };
  const [row] = await listed.program.database.sql`SELECT id::text FROM runs ORDER BY id LIMIT 1`;
  oldestRun = fromUuid('run', String(row?.id));
});
afterAll(async () => {
  await Promise.all(Object.values(planners ?? {}).map((client) => client.end({ timeout: 5 })));
  await listed?.[Symbol.asyncDispose]();
});

/** Of one person, or of one thing that has few: by its key, and no more than one page or two. */
const BOUNDED = [
  ...['me.sessions', 'me.identities', 'passkeys.list', 'orgs.mine', 'apps.list'],
  ...['workspaces.files', 'workspaces.history', 'mcp.connectionTools'],
];

const isPaged = ({ operation }: NamedOperation): boolean =>
  !isRaw(operation) &&
  operation.method === 'GET' &&
  operation.output instanceof z.ZodObject &&
  'next_cursor' in operation.output.shape;
const LISTS = listOperations().filter((named) => isPaged(named) && !BOUNDED.includes(named.name));

/** Of fields that take any text or number: what is common, what is rare, what there is none of. */
const VALUES: Record<string, readonly unknown[]> = {
  run_id: [SOME_RUN, id('run', 6)],
  pipeline_id: [PIPELINE],
  version_id: [VERSION, id('ver', 1)],
  agent_id: [AGENT, BUSY],
  replay_of: [SOME_RUN],
  connection_id: [CONNECTION, id('mcpc', 9)],
  target_id: [TARGET],
  ids: [[PIPELINE]],
  search: ['listed', 'none'],
  tag: ['every', 'none'],
  tags: [['tagged']],
  trigger: ['api', 'manual'],
  error_group: [GROUP],
  id_prefix: ['01'],
  metadata: ['env=prod', 'env=none'],
  stage: ['only', SELDOM, 0],
  stage_type: ['echo', 'none'],
  capability: ['echo', 'none'],
  label: ['none'],
  type: ['none'],
  agent: ['none'],
  queue: ['queue 1', 'none'],
  actor_id: ['busy', 'actor 1', 'none'],
  action: ['run.started', 'run.killed', 'none'],
  target: ['target 1', 'none'],
  tool: ['busy', 'tool 1', 'none'],
  caller_id: ['caller 1', 'none'],
  beyond: ['0.0.0'],
  min_duration_ms: [1, 900_000, 100_000_000],
  max_duration_ms: [1, 900_000],
  min_waiting_ms: [300_000],
  recent_runs: [5],
  from: [ago(20)],
  until: [ago(20)],
};

/** Stands for one of the runs, whose ids are made anew each time. */
const A_RUN = id('run', 0);
const A_TASK = taskId(A_RUN as RunId, 0);
/** What something is listed of. */
const OF: Record<string, Record<string, unknown>> = {
  'bulk.items': { id: BULK },
  'runs.attempts': { id: A_RUN },
  'runs.handOuts': { id: A_RUN },
  'runs.lateAnswers': { id: A_RUN },
  'runs.logs': { id: A_RUN },
  'runs.tasks': { id: A_RUN },
  'tasks.logs': { id: A_TASK },
  'pipelines.versions': { id: PIPELINE },
  'grants.list': { id: PIPELINE },
};

function valuesOf(name: string, field: z.ZodType): readonly unknown[] {
  if (field instanceof z.ZodOptional || field instanceof z.ZodDefault)
    return valuesOf(name, field.unwrap() as z.ZodType);
  if (field instanceof z.ZodEnum) return field.options;
  if (field instanceof z.ZodBoolean) return [true, false];
  if (field instanceof z.ZodArray && field.element instanceof z.ZodEnum)
    return [...field.element.options.map((one) => [one]), field.element.options.slice(0, 2)];
  if (field instanceof z.ZodISODateTime) return [ago(20), ago(-1)];
  const values = VALUES[name]?.filter((value) => field.safeParse(value).success) ?? [];
  if (values.length === 0) throw new Error(`Say in VALUES what ${name} is asked for.`);
  return values;
}

type Input = Record<string, unknown>;
const PAGING = ['limit', 'cursor', 'order', 'sort'];

/** The oldest one, which has had most tried. */
let oldestRun: RunId;
function ofSomeRun(input: Input): Input {
  if (input.id === A_TASK) return { ...input, id: taskId(oldestRun, 0) };
  return input.id === A_RUN ? { ...input, id: oldestRun } : input;
}

const isFits = ({ operation }: NamedOperation, input: Input) => operation.input.safeParse(input).success;

/** One field after the other, with each of its values, sorted by all that there is. */
function inputsOf(named: NamedOperation): Input[] {
  const { shape } = named.operation.input as z.ZodObject<Record<string, z.ZodType>>;
  const base = OF[named.name] ?? {};
  const fields = Object.keys(shape).filter((field) => !PAGING.includes(field) && !(field in base));
  const filters: Input[] = [{}].concat(
    fields.flatMap((field) =>
      valuesOf(field, shape[field] as z.ZodType).map((value) => ({
        ...base,
        ...companyOf(field),
        [field]: value,
      })),
    ),
  );
  const orders = ['sort', 'order'].map((field) =>
    shape[field] ? valuesOf(field, shape[field]) : [undefined],
  );
  const [sorts = [], directions = []] = orders;
  return filters.flatMap((filter, at) =>
    sorts.map((sort, nth) => {
      // In turns: both at once for each would take twice as long and read the same indexes.
      const order = directions[(at + nth) % directions.length];
      return {
        ...{ ...base, ...filter },
        ...(sort === undefined ? {} : { sort }),
        ...(order === undefined ? {} : { order }),
      };
    }),
  );
}

/** Lists that are looked through by several things at once, and grow without end. */
const PAIRED = ['runs.list', 'tasks.list'];

/** Every two fields, as they were made and sorted otherwise, with other values and in either order in turns. */
function pairsOf(named: NamedOperation): Input[] {
  const { shape } = named.operation.input as z.ZodObject<Record<string, z.ZodType>>;
  const values = (field: string) => valuesOf(field, shape[field] as z.ZodType);
  const fields = Object.keys(shape).filter((field) => !PAGING.includes(field));
  const [[, ...sorts], orders] = [values('sort'), values('order')];
  const inTurn = (all: readonly unknown[], turn: number) => all[turn % all.length];
  return fields.flatMap((one, at) =>
    fields.slice(at + 1).flatMap((other, beyond) =>
      [0, 1].map((round) => ({
        ...{ ...companyOf(one), ...companyOf(other) },
        ...{ [one]: inTurn(values(one), beyond + round), [other]: inTurn(values(other), at + round) },
        ...(round === 0 ? {} : { sort: inTurn(sorts, at + beyond) }),
        order: inTurn(orders, at + beyond),
      })),
    ),
  );
}
/** A version is a number of a pipeline's. */
const companyOf = (field: string): Input => (field === 'version' ? { pipeline_id: PIPELINE } : {});
VALUES.version = [1];

interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Rows'?: number;
  'Actual Loops'?: number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Index Recheck'?: number;
  Plans?: PlanNode[];
}

const BIG =
  /^((runs|tasks|attempts|run_labels|run_events|task_stage_logs)_w\d+|audit_entries|mcp_(calls|approvals|questions)|notification_deliveries|dead_letters|bulks|bulk_items)$/;

const nodesOf = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];
const rowsOf = (node: PlanNode): number =>
  ((node['Actual Rows'] ?? 0) +
    (node['Rows Removed by Filter'] ?? 0) +
    (node['Rows Removed by Index Recheck'] ?? 0)) *
  (node['Actual Loops'] ?? 1);

/** As it was planned: with its values, and where a policy watched under that. */
async function explain({ text, values, enter, isKept }: HeardStatement): Promise<PlanNode[]> {
  const given = values.length === 0 ? '' : `(${values.map(written).join(', ')})`;
  const [row] = await planners[isKept ? 'kept' : 'by value'].begin(async (client) => {
    if (enter) await client.unsafe(enter);
    await client.unsafe(`PREPARE asked AS ${text}`);
    const plan = await client.unsafe(`EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) EXECUTE asked ${given}`);
    await client.unsafe('DEALLOCATE asked');
    return plan;
  });
  const plan = row?.['QUERY PLAN'] as { Plan: PlanNode }[] | string;
  const [{ Plan: root }] = (typeof plan === 'string' ? JSON.parse(plan) : plan) as [{ Plan: PlanNode }];
  return nodesOf(root).filter((node) => BIG.test(node['Relation Name'] ?? ''));
}

function written(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  const text = value instanceof Date ? value.toISOString() : String(value);
  return `'${text.replaceAll("'", "''")}'`;
}

/**
 * A part that is read from end to end. Of a part that has no more rows than are looked at anyway that is the quickest
 * way, and so it is where nearly all fit and some are enough, as for a count that ends at a number.
 */
const isScanned = (node: PlanNode): boolean => node['Node Type'] === 'Seq Scan' && rowsOf(node) > 2 * LOOKS;

async function ask({ operation }: NamedOperation, input: Input) {
  const call = {
    services: { ...listed.program.services, db: heard.db },
    actor: listed.program.actor,
  } as never;
  await (operation as JsonOperation).handle(call, operation.input.parse({ limit: 50, ...input }));
  return heard.take().filter(({ text }) => /^\s*(select|with|\()/i.test(text));
}

/** Refused with words are orders in which nothing is kept, and what nobody can mean. */
const isRefused = (failure: unknown) => (failure as { code?: string }).code === 'INVALID';

/** What reads a part from end to end, or most of all, of all that is asked for; and how much was answered. */
async function faultsOf(named: NamedOperation, inputs: readonly Input[]) {
  const faults: unknown[] = [];
  let answered = 0;
  for (const input of inputs.filter((one) => isFits(named, { limit: 50, ...one })).map(ofSomeRun)) {
    const statements = await ask(named, input).catch((failure: unknown) => {
      heard.take();
      if (isRefused(failure)) return null;
      throw new Error(`${named.name} ${JSON.stringify(input)}`, { cause: failure });
    });
    if (statements === null) continue;
    answered += 1;
    for (const statement of statements) {
      const nodes = await explain(statement);
      const read = nodes.reduce((sum, node) => sum + rowsOf(node), 0);
      const scanned = nodes.filter(isScanned).map((node) => node['Relation Name']);
      const most = nodes.some((node) => /_w\d+$/.test(node['Relation Name'] ?? '')) ? 0.9 * RUNS : ROWS / 2;
      if (scanned.length > 0 || read > most) faults.push({ input, scanned, read, text: statement.text });
    }
  }
  return { faults, answered };
}

describe('every list', () => {
  test.each(LISTS.map((named) => [named.name, named] as const))(
    '%s reads no table through',
    async (_, named) => {
      const { faults, answered } = await faultsOf(named, inputsOf(named));
      expect(answered).toBeGreaterThan(0);
      expect(faults.slice(0, 5)).toEqual([]);
    },
  );

  const paired = LISTS.filter(({ name }) => PAIRED.includes(name)).map(
    (named) => [named.name, named] as const,
  );
  test.each(paired)('%s reads no table through, whichever two things are asked for', async (_, named) => {
    const inputs = pairsOf(named);
    const { faults, answered } = await faultsOf(named, inputs);
    // The others ask for what cannot be meant: a version of a task on its own, tasks of many runs by their start.
    expect(answered).toBeGreaterThan(inputs.length / 2);
    expect(faults.slice(0, 5)).toEqual([]);
  });

  test('is here, or is of one thing', () => {
    const names = listOperations()
      .filter(isPaged)
      .map(({ name }) => name);
    expect(BOUNDED.filter((name) => !names.includes(name))).toEqual([]);
    expect(LISTS.length).toBe(names.length - BOUNDED.length);
  });
});
