import { type SQL, sql } from 'drizzle-orm';
import { given, readyRows } from '#db/ready-rows.ts';
import { runs } from '#db/schema/index.ts';
import { findIds, readTenant } from '#db/tenant.ts';
import { isRunOver, RUN_STATUSES } from '#server/domain/statuses.ts';
import type { Actor } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { redactSummary } from './redact.ts';
import {
  asksOnly,
  type EndQuery,
  endsUnwell,
  isByEnds,
  OF_BIRTH,
  type RunConditions,
  type RunQuery,
} from './run-conditions.ts';
import {
  countBorn,
  countEdges,
  countFew,
  countKeptApart,
  countLed,
  countWalked,
  leadOf,
  MOST_LOOKED_AT,
  selectEndFrontier,
  selectFrontier,
  selectRunIds,
} from './run-query.ts';
import { type RunSummary, SUMMARY_COLUMNS, toSummary } from './run-view.ts';
import { isByDuration } from './run-walks.ts';

export interface Found extends Record<string, unknown> {
  /** Bare. */
  id: string;
  /** The value that the list is sorted by, where that is not the id. */
  place: string | null;
}

const WEEK_MS = 7 * 24 * 3_600_000;

/** A part of the runs that is looked through. */
export interface Stretch {
  where: RunConditions;
  /** Where it begins; left out: where the page does. */
  after?: readonly string[] | undefined;
  /** The place up to which all have been looked at by then, null: to the end. Left out: what comes next looks at them again. */
  upTo?: readonly string[] | null;
}

export interface FoundPage {
  found: Found[];
  /** The place up to which runs were looked at, where that is as much as one request may cost: there may be more behind it. */
  rest: readonly string[] | null;
}

/** The ids of a page, in its order. It may be shorter than asked for, or empty, though there are more: see `rest`. */
export async function findPage(services: Services, query: RunQuery): Promise<FoundPage> {
  let [found, looked, rest]: [Found[], Found[], FoundPage['rest']] = [[], [], null];
  for await (const stretch of stretchesOf(services, query)) {
    found = [
      ...looked,
      ...(await findIn(services, { ...partOf(query, stretch), limit: query.limit - looked.length })),
    ];
    if (found.length >= query.limit) return { found, rest: null };
    if (stretch.upTo !== undefined) [looked, rest] = [found, stretch.upTo];
  }
  return { found, rest };
}

/** All of them up to the limit, however long that takes. */
export async function findRuns(services: Services, query: RunQuery): Promise<Found[]> {
  const found: Found[] = [];
  let { after } = query;
  for (;;) {
    const { limit } = query;
    const page = await findPage(services, {
      ...query,
      ...(after ? { after } : {}),
      limit: limit - found.length,
    });
    found.push(...page.found);
    if (page.rest === null || found.length >= limit) return found;
    after = page.rest;
  }
}

/** What is asked of the database for one stretch. */
export const partOf = (query: RunQuery, { where, after = query.after, upTo }: Stretch): RunQuery => ({
  ...query,
  where,
  ...(after ? { after } : {}),
  // By birth its conditions say so.
  ...(upTo !== undefined && query.sort !== 'created' ? { upTo } : {}),
});

const findIn = async ({ db }: Services, part: RunQuery): Promise<Found[]> => [
  ...(await findIds(db, (tx) => tx.execute<Found>(selectRunIds(part)), plansFor(part))),
];

/** Of these the plan of a first page is the same whatever the values are, which week is looked at too. */
const ALIKE: ReadonlySet<string> = new Set<keyof RunConditions>([
  ...(['orgUuid', 'pipelineId', 'pipelineUuids', 'status', 'bornSince'] as const),
]);

/** A tag and no more: what has it is read off the ends of its pipelines and of its label. */
const TAGGED: ReadonlySet<string> = new Set([...OF_BIRTH, 'tagged']);
const FRESHLY_TAGGED: ReadonlySet<string> = new Set<keyof RunConditions>(['orgUuid', 'tagged', 'bornSince']);

/**
 * Planning for the parts of all weeks takes longer than reading a page. Where a page begins has to be seen by the planner:
 * it takes a third of the table to be beyond a place that it does not know, and would read and sort that. What is walked
 * has one index that fits.
 */
export const plansFor = ({ where, sort, after }: RunQuery) => {
  const isAlike = !after && (asksOnly(where, ALIKE) || asksOnly(where, FRESHLY_TAGGED));
  const hasOneIndex = where.walk !== undefined || isByDuration(where);
  return sort === 'created' && (hasOneIndex || isAlike) ? 'kept' : 'by value';
};

/**
 * The stretches to look through, one after the other, until the page is full. Each is thought of when the one before has
 * not been enough.
 */
export async function* stretchesOf(services: Services, asked: RunQuery): AsyncGenerator<Stretch> {
  const { where } = asked;
  if (isByEnds(asked)) return yield* goThroughEnds(services, ofEnded(asked));
  const few = await isYes(services, countFew(asked), isByDuration(where) ? 'kept' : 'by value');
  if (few) yield { where: { ...where, isAmongFew: true } };
  else yield* walkThrough(services, asked, few === false);
}

/** Along what stands in the order of the runs: all of it where that is all that is asked for, or little; else its first. */
async function* walkThrough(
  services: Services,
  query: RunQuery,
  isAmongMany: boolean,
): AsyncGenerator<Stretch> {
  const { where } = query;
  if (where.agentId !== undefined && !(where.label && (await hasFew(services, query)))) {
    if (asksOnly(where, OF_AGENT)) return yield { where: { ...where, walk: 'all' } };
    if (!(await isYes(services, countWalked(query)))) return yield { where };
    yield { where: { ...where, walk: 'first' } };
    return yield* walkThrough(services, ofBusyAgent(query), isAmongMany);
  }
  if (where.label === undefined) return yield* goThrough(services, query, isAmongMany);
  if (where.agentId !== undefined) return yield { where: { ...ofBusyAgent(query).where, walk: 'all' } };
  const isMuch = !asksOnly(where, OF_LABEL) && (await isYes(services, countWalked(query)));
  yield { where: { ...where, walk: isMuch ? 'first' : 'all' } };
  if (!isMuch) return;
  // None of the first ones are what is asked for, so few are.
  if (await isYes(services, countWalked(query, fewOf(query)))) yield* lookThrough(services, query);
  else yield { where: { ...where, walk: 'all' } };
}

/**
 * How many runs are looked at in one request, each for whether it is what is asked for, in turns: mostly the first ones
 * fill a page. How a stage went takes a look at the tasks and attempts of each.
 */
const looksOf = ({ where }: RunQuery): readonly number[] =>
  where.stage ? [500, 1500] : [1000, MOST_LOOKED_AT];
/** As many as are looked at in any case, or soon put in an order that no index has them in. */
const fewOf = (query: RunQuery): number => Math.max(...looksOf(query));

/** Few runs have its label. */
const hasFew = async (services: Services, { where: { agentId: _, ...where }, ...query }: RunQuery) =>
  !(await isYes(services, countWalked({ ...query, where })));

/** What is born in a range of ids is a range of the walk; the times themselves are asked of each run. */
const OF_AGENT: ReadonlySet<string> = new Set<keyof RunConditions>(['orgUuid', 'agentId', 'idRange']);
const OF_LABEL: ReadonlySet<string> = new Set([...OF_BIRTH, 'label']);

/** One index leads to all that is asked for, in its order. */
const isLed = ({ where }: RunQuery): boolean =>
  asksOnly(where, new Set([...OF_BIRTH, ...Object.keys(leadOf({ where }))])) ||
  asksOnly(where, OF_SOURCE) ||
  (where.replayed === true && asksOnly(where, OF_REPLAYED)) ||
  asksOnly(where, TAGGED) ||
  isByDuration(where);
/** The replays of one run are few. */
const OF_SOURCE: ReadonlySet<string> = new Set([...OF_BIRTH, 'replayOf']);
/** An index has every run that was replayed, and no other. */
const OF_REPLAYED: ReadonlySet<string> = new Set([...OF_BIRTH, 'replayed']);
/** A week of these spares the planning for the parts of all others, which takes longer than reading a page. */
const MOSTLY_RECENT: ReadonlySet<string> = new Set([
  ...OF_BIRTH,
  ...['pipelineId', 'pipelineUuids', 'status', 'tagged', 'minDurationMs', 'maxDurationMs', 'fewAtEdges'],
]);

/** Along an index that is in order; where nothing but the order helps, as far as one request may go. */
async function* goThrough(
  services: Services,
  query: RunQuery,
  isAmongMany: boolean,
): AsyncGenerator<Stretch> {
  if (!isLed(query)) return yield* lookThrough(services, query);
  const edges = isAmongMany ? await edgesOf(services, query) : {};
  const where = { ...query.where, ...edges };
  if (query.order === 'desc' && asksOnly(where, MOSTLY_RECENT)) {
    const beginsAt = query.after?.[0] === undefined ? services.now() : bornAt(query.after[0]);
    yield { where: { ...where, bornSince: idAt(hourOf(beginsAt - WEEK_MS)) } };
  }
  yield { where };
}

/**
 * Runs in their order, each asked whether it is what is asked for. Of a filter that hardly any run fits, all of them would
 * be looked at for one page: it ends after so many, and the next page goes on from there. Unless an index leads to few.
 */
async function* lookThrough(services: Services, query: RunQuery): AsyncGenerator<Stretch> {
  const led = askingEach(query);
  if (await isYes(services, countLed(led, fewOf(query)), 'by value')) return yield { where: led.where };
  const { tagged } = query.where;
  if (tagged && asksOnly(query.where, TAGGED_IN_ORDER) && (await hasFewOfTag(services, query)))
    return yield { where: query.where };
  // Where each is asked anyway, it is asked for its tag too.
  const unlabelled = query.where.stage ? led.where : query.where;
  const where: RunConditions = query.where.label === undefined ? unlabelled : { ...query.where, walk: 'all' };
  let { after } = query;
  for (const count of looksOf(query)) {
    const upTo = await frontierOf(services, { ...query, ...(after ? { after } : {}) }, count);
    if (upTo === null) return yield { where, after, upTo };
    const end = query.order === 'desc' ? { bornSince: upTo } : { bornUpTo: upTo };
    yield { where: { ...where, ...end }, after, upTo: [upTo] };
    after = [upTo];
  }
}

/** An index has them in the order of their ends or durations. */
function isInOrderOfEnds({ where, sort }: EndQuery): boolean {
  const { status, ...rest } = where;
  return (
    asksOnly(rest, sort === 'duration' ? OF_DURATIONS : OF_ENDS) &&
    (status === undefined || endsUnwell(status))
  );
}
const OF_ENDS: ReadonlySet<string> = new Set(['orgUuid', 'finishedAfter', 'finishedBefore']);
const OF_DURATIONS: ReadonlySet<string> = new Set(['orgUuid', 'minDurationMs', 'maxDurationMs']);

/**
 * By ends or durations: along their index where that is all that is asked for. Else each of the first ones is asked, which
 * mostly fills a page; then what leads to few is put in order, and of many each is asked, as far as one request may go.
 */
async function* goThroughEnds(services: Services, query: EndQuery): AsyncGenerator<Stretch> {
  if (query.where.status?.length === 0) return;
  if (isInOrderOfEnds(query)) return yield { where: query.where };
  const { where } = askingEach(ofBusyAgent(query));
  let { after } = query;
  for (const count of looksOf(query)) {
    const upTo = await endFrontierOf(services, { ...query, where, ...(after ? { after } : {}) }, count);
    yield { where, after, upTo };
    if (upTo === null) return;
    const few = after === query.after ? await amongFew(services, query) : null;
    after = upTo;
    if (few) return yield { where: few, after, upTo: null };
  }
}

/** Only what is over has an end, whatever else is asked for. */
function ofEnded(query: EndQuery): EndQuery {
  const status = query.where.status?.filter(isRunOver);
  const isAny = status?.length === RUN_STATUSES.filter(isRunOver).length;
  return { ...query, where: { ...query.where, status: isAny ? undefined : status } };
}

/** How they are found where something leads to few of them. */
async function amongFew(services: Services, query: EndQuery): Promise<RunConditions | null> {
  // Counted from where the list begins: its places are no ids.
  const { after: _, ...all } = query;
  const few = fewOf(query);
  const isYesOf = (count: SQL | null) => isYes(services, count, 'by value');
  // Each has one index that fits. A planner that knows the values may scan for as many as are counted, which come late in a week.
  if (await isYes(services, countKeptApart(all, few))) return { ...query.where, isAmongFew: 'apart' };
  const { where } = askingEach(ofBusyAgent(query));
  if (await isYesOf(countLed({ ...all, where }, few))) return { ...where, isAmongFew: true };
  if (await isYesOf(countFew({ ...all, where }, few))) return { ...where, isAmongFew: 'ends' };
  if (await isYesOf(countBorn({ ...all, where }, few))) return { ...where, isAmongFew: true };
  return null;
}

async function endFrontierOf({ db }: Services, query: EndQuery, count: number): Promise<string[] | null> {
  const [row] = await findIds(
    db,
    (tx) => tx.execute<{ id: string; place: string }>(selectEndFrontier(query, count)),
    'by value',
  );
  return row ? [row.place, row.id] : null;
}

async function frontierOf({ db }: Services, query: RunQuery, count: number): Promise<string | null> {
  const [row] = await findIds(db, (tx) => tx.execute<{ id: string }>(selectFrontier(query, count)));
  return row?.id ?? null;
}

/** Of a range of durations that many had. */
async function edgesOf({ db }: Services, query: RunQuery): Promise<Pick<RunConditions, 'fewAtEdges'>> {
  const count = countEdges(query);
  if (!count) return {};
  const [fewAtEdges] = await findIds(db, (tx) => tx.execute<{ low: boolean; high: boolean }>(count), 'kept');
  return fewAtEdges ? { fewAtEdges } : {};
}

/** What a count says; null: there is nothing to count. */
async function isYes(
  { db }: Services,
  count: SQL | null,
  plans: 'kept' | 'by value' = 'kept',
): Promise<boolean | null> {
  if (!count) return null;
  const [row] = await findIds(db, (tx) => tx.execute<{ yes: boolean }>(count), plans);
  return row?.yes ?? false;
}

/** It has done so much that each run which comes in the order of the list is asked whether it is one of those. */
const ofBusyAgent = (query: RunQuery): RunQuery => {
  const { agentId, ...where } = query.where;
  return { ...query, where: { ...where, busyAgentId: agentId } };
};

/** Each run that comes in the order of the list is asked whether it has the label, or the tag. */
const askingEach = (query: RunQuery): RunQuery => {
  const { label, tagged, ...where } = query.where;
  return { ...query, where: { ...where, busyLabel: label, ...(tagged ? { busyTagged: tagged } : {}) } };
};

/** Runs of pipelines that have the tag are in the order of these; those that have it themselves are not. */
const TAGGED_IN_ORDER: ReadonlySet<string> = new Set([...TAGGED, 'status']);
const hasFewOfTag = async (services: Services, query: RunQuery) => {
  const label = query.where.tagged?.label ?? undefined;
  if (label === undefined) return true;
  const { orgUuid } = query.where;
  return !(await isYes(services, countWalked({ ...query, where: { orgUuid, label } }, fewOf(query))));
};

/** Lists that are asked for at the same time are the same to the database then, and are read once. */
const hourOf = (ms: number): number => ms - (ms % 3_600_000);

/** The least id of that time. */
const idAt = (ms: number): string =>
  Math.max(0, Math.floor(ms)).toString(16).padStart(12, '0').padEnd(32, '0');

const bornAt = (uuid: string): number => Number.parseInt(uuid.replaceAll('-', '').slice(0, 12), 16);

const earlier = (one: string, other: string): string => (one < other ? one : other);
const later = (one: string, other: string): string => (one > other ? one : other);

/** Between the first and the last: a plan that is kept leaves out other weeks by that, and not by a list. */
const SUMMARIES = readyRows(
  SUMMARY_COLUMNS,
  runs,
  sql`${runs.id} BETWEEN ${given('first')} AND ${given('last')}
    AND ${runs.id} = ANY (${given('ids')}::text::uuid[])`,
);

/** By bare id, without their payloads. */
export async function loadSummaries(
  { db }: Pick<Services, 'db'>,
  actor: Actor,
  ids: readonly string[],
): Promise<Map<string, RunSummary>> {
  if (ids.length === 0) return new Map();
  const [first, last] = [ids.reduce(earlier, ids[0] ?? ''), ids.reduce(later, '')];
  const [rows] = await readTenant(db, actor.orgId, [SUMMARIES({ first, last, ids: `{${ids.join(',')}}` })]);
  return new Map(rows.map((row) => [row.id, redactSummary(actor, toSummary(row))]));
}
