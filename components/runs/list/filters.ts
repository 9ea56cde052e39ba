import {
  CircleDot,
  Clock,
  Cpu,
  Fingerprint,
  Flag,
  GitFork,
  Hash,
  Hourglass,
  Layers,
  ListChecks,
  Repeat,
  Tag,
  Timer,
  Workflow,
  Zap,
} from 'lucide-react';
import { parseAsArrayOf, parseAsString } from 'nuqs/server';
import { isId } from '../../../server/domain/id-pattern.ts';
import { RUN_STATUSES, type RunStatus } from '../../../server/domain/statuses.ts';
import type { Input } from '../../data/index.ts';
import { lookOfRun } from '../../looks/index.ts';
import { type FilterDef, isSet, readSpan, readTimeRange, toMinute } from '../../ui/filter/index.ts';
import { words } from '../words.ts';

/** How the list's filters stand in the address. */
export const RUN_PARAMS = {
  // As they were typed: one that does not exist is told, not dropped.
  status: parseAsArrayOf(parseAsString),
  pipeline: parseAsString,
  version: parseAsString,
  version_id: parseAsString,
  created: parseAsString,
  finished: parseAsString,
  duration: parseAsString,
  trigger: parseAsString,
  tag: parseAsString,
  agent: parseAsString,
  group: parseAsString,
  id: parseAsString,
  metadata: parseAsString,
  replay_of: parseAsString,
  replayed: parseAsString,
  waiting: parseAsString,
  stage: parseAsString,
  stage_type: parseAsString,
  stage_outcome: parseAsString,
};

export type RunParams = { [Key in keyof typeof RUN_PARAMS]: ReturnType<(typeof RUN_PARAMS)[Key]['parse']> };
export type RunFilter = Omit<Input<'runs.list'>, 'limit' | 'cursor' | 'sort' | 'order'>;

export interface Named {
  id: string;
  name: string;
}

/** What is chosen by name; `isCut`: there are more. */
export interface Offer {
  rows: readonly Named[];
  isCut: boolean;
}

const named = ({ rows, isCut }: Offer) => ({
  choices: rows.map(({ id, name }) => ({ value: id, label: name })),
  isCut,
});

const fits = (pattern: RegExp, advice: string) => (text: string) => (pattern.test(text) ? undefined : advice);

/** For so long a task of it has waited for an agent. */
const WAITS_MS: Record<string, number> = { '1m': 60_000, '5m': 300_000, '30m': 1_800_000 };
const STAGE_OUTCOMES = [
  'ran',
  'failed',
  'retried',
  'attempt_failed',
  'attempt_lost',
] as const satisfies readonly NonNullable<RunFilter['stage_outcome']>[];
const TRIGGERS = ['api', 'manual', 'replay', 'stage', 'task'];
const ID_PREFIX = /^(run_)?[0-9a-f]{1,32}$/;
/** A key and a type as graphs have them, whose schema would be much to load for a filter. */
const STAGE = /^[A-Za-z_][A-Za-z0-9_-]{0,62}$/;
const TYPE = /^[a-z0-9][a-z0-9._-]{0,62}$/;
const METADATA = /^[^=]{1,100}=.{0,200}$/s;

export function runFilters(pipelines: Offer, agents: Offer): FilterDef[] {
  const { filters } = words;
  const text = { kind: 'text' } as const;
  const statuses = RUN_STATUSES.map((status) => {
    const { label, icon } = lookOfRun(status);
    return { value: status, label, icon };
  });
  return [
    { key: 'status', label: filters.status, icon: CircleDot, kind: 'multi', choices: statuses },
    { key: 'pipeline', label: filters.pipeline, icon: Workflow, kind: 'choice', ...named(pipelines) },
    {
      key: 'version',
      label: filters.version,
      icon: GitFork,
      ...text,
      check: fits(/^[1-9]\d{0,8}$/, filters.badNumber),
    },
    { key: 'created', label: filters.created, icon: Clock, kind: 'time' },
    { key: 'finished', label: filters.finished, icon: Flag, kind: 'time' },
    { key: 'duration', label: filters.duration, icon: Timer, kind: 'duration' },
    {
      key: 'waiting',
      label: filters.waiting,
      icon: Hourglass,
      kind: 'choice',
      choices: Object.keys(WAITS_MS).map((value) => ({ value, label: filters.waitingFor(value) })),
    },
    {
      key: 'trigger',
      label: filters.trigger,
      icon: Zap,
      kind: 'choice',
      choices: TRIGGERS.map((value) => ({ value, label: words.triggerOf(value) })),
    },
    { key: 'tag', label: filters.tag, icon: Tag, ...text, hint: filters.tagHint },
    { key: 'agent', label: filters.agent, icon: Cpu, kind: 'choice', ...named(agents) },
    ...stageFilters(),
    ...wordFilters(),
  ];
}

function stageFilters(): FilterDef[] {
  const { filters } = words;
  return [
    {
      ...{
        key: 'stage',
        label: filters.stage,
        icon: Layers,
        kind: 'text',
        mono: true,
        hint: filters.stageHint,
      },
      check: fits(STAGE, filters.badStage),
    },
    {
      ...{
        key: 'stage_type',
        label: filters.stageType,
        icon: Layers,
        kind: 'text',
        mono: true,
        hint: filters.stageTypeHint,
      },
      check: fits(TYPE, filters.badType),
    },
    {
      ...{ key: 'stage_outcome', label: filters.stageOutcome, icon: ListChecks, kind: 'choice' },
      choices: STAGE_OUTCOMES.map((value) => ({ value, label: filters.stageOutcomes[value] })),
    },
  ];
}

/** Those that are typed. */
function wordFilters(): FilterDef[] {
  const { filters } = words;
  const text = { kind: 'text', mono: true } as const;
  return [
    {
      key: 'group',
      label: filters.group,
      icon: Fingerprint,
      ...text,
      check: fits(/^[0-9a-f]{16}$/, filters.badGroup),
    },
    { key: 'id', label: filters.id, icon: Hash, ...text, mono: true, check: fits(ID_PREFIX, filters.badId) },
    {
      key: 'version_id',
      label: filters.versionId,
      icon: GitFork,
      ...text,
      check: (text) => (isId('ver', text) ? undefined : filters.badVersionId),
    },
    {
      key: 'metadata',
      label: filters.metadata,
      icon: Tag,
      ...text,
      check: fits(METADATA, filters.badMetadata),
    },
    {
      key: 'replay_of',
      label: filters.replayOf,
      icon: Repeat,
      ...text,
      check: (text) => (isId('run', text) ? undefined : filters.badId),
    },
    {
      key: 'replayed',
      label: filters.replayed,
      icon: Repeat,
      kind: 'choice',
      choices: [
        { value: 'yes', label: filters.yes },
        { value: 'no', label: filters.no },
      ],
    },
  ];
}

/** What an address that somebody typed holds is asked only as far as it can be meant. */
const only = (text: string | null, pattern: RegExp) =>
  text !== null && pattern.test(text) ? text : undefined;
const idOf = (kind: 'pipe' | 'ver' | 'agent' | 'run', text: string | null) =>
  isId(kind, text) ? text : undefined;

/** All of them or none: a list of some would be shorter than what was asked for. */
function statusesOf(texts: readonly string[] | null): RunStatus[] | undefined {
  const known = RUN_STATUSES.filter((status) => texts?.includes(status));
  return texts?.every((text) => known.some((status) => status === text)) ? known : undefined;
}

/** The question that the filters stand for. */
export function toRunFilter(params: RunParams, now: number): RunFilter {
  const range = (text: string | null) => (text === null ? undefined : readTimeRange(text, toMinute(now)));
  const [created, finished] = [range(params.created), range(params.finished)];
  const span = params.duration === null ? undefined : readSpan(params.duration);
  const pipeline = idOf('pipe', params.pipeline);
  const version = pipeline === undefined ? undefined : only(params.version, /^[1-9]\d{0,8}$/);
  const asked = {
    status: isSet(params.status) ? statusesOf(params.status) : undefined,
    pipeline_id: pipeline,
    version: version === undefined ? undefined : Number(version),
    version_id: idOf('ver', params.version_id),
    created_after: created?.from?.toISOString(),
    created_before: created?.to?.toISOString(),
    finished_after: finished?.from?.toISOString(),
    finished_before: finished?.to?.toISOString(),
    min_duration_ms: span?.minMs,
    max_duration_ms: span?.maxMs,
    trigger: only(params.trigger, /^.{1,64}$/s),
    tag: only(params.tag, /^.{1,64}$/s),
    agent_id: idOf('agent', params.agent),
    error_group: only(params.group, /^[0-9a-f]{16}$/),
    id_prefix: only(params.id, ID_PREFIX),
    metadata: only(params.metadata, METADATA),
    replay_of: idOf('run', params.replay_of),
    replayed: params.replayed === null ? undefined : params.replayed === 'yes',
    min_waiting_ms: WAITS_MS[params.waiting ?? ''],
    stage: only(params.stage, STAGE),
    stage_type: only(params.stage_type, TYPE),
    stage_outcome: STAGE_OUTCOMES.find((outcome) => outcome === params.stage_outcome),
  };
  return Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined)) as RunFilter;
}

/** The failed runs that nobody has replayed, of those that the list is about; undefined: it is about none. */
export function failedOf(filter: RunFilter): RunFilter | undefined {
  const { status, replayed } = filter;
  if ((status && !status.includes('failed')) || replayed === true) return undefined;
  return { ...filter, status: ['failed'], replayed: false };
}

/**
 * What of an address the list can be asked. What it cannot, such as a version without its pipeline, filters nothing: it is no
 * filter that is on, and people are told.
 */
export function meantOf(params: RunParams, now: number): { meant: RunParams; lost: (keyof RunParams)[] } {
  const whole = JSON.stringify(toRunFilter(params, now));
  const lost = (Object.keys(params) as (keyof RunParams)[]).filter(
    (key) => isSet(params[key]) && JSON.stringify(toRunFilter({ ...params, [key]: null }, now)) === whole,
  );
  const none = Object.fromEntries(lost.map((key) => [key, null]));
  return { meant: { ...params, ...none }, lost };
}

export const isFiltered = (params: RunParams): boolean => Object.values(params).some((value) => isSet(value));
export const NO_PARAMS = Object.fromEntries(Object.keys(RUN_PARAMS).map((key) => [key, null])) as RunParams;
