'use client';

import { useQuery } from '@tanstack/react-query';
import { parseAsBoolean, parseAsString, parseAsStringLiteral, useQueryStates } from 'nuqs';
import { useEffect, useMemo, useState } from 'react';
import { isId } from '../../server/domain/id-pattern.ts';
import type { AgentId, PipelineId } from '../../server/domain/ids.ts';
import { type Input, query } from '../data/index.ts';
import { useWholeList } from '../shell/paged-table.tsx';
import { useClock } from '../ui/clock.ts';
import { type FilterDef, readTimeRange, toMinute } from '../ui/filter/index.ts';
import { isZone, ownZone } from '../ui/zone.ts';
import { filterDefs } from './filters.ts';
import { createClock } from './format.ts';
import type { RunsLink } from './links.ts';

export const TABS = ['overview', 'stages', 'agents', 'errors'] as const;
export type Tab = (typeof TABS)[number];
export const STATUSES = ['open', 'resolved', 'ignored', 'all'] as const;

/** Pieces of a chart at most: each is wide enough to be hit. */
export const SERIES_BUCKETS = 60;

/** All of it stands in the address. */
const PARAMS = {
  range: parseAsString.withDefault('24h'),
  /** In which days begin and moments are told; none: that of whoever looks. */
  zone: parseAsString,
  pipeline: parseAsString,
  version: parseAsString,
  agent: parseAsString,
  tag: parseAsString,
  compare: parseAsBoolean.withDefault(true),
  tab: parseAsStringLiteral(TABS).withDefault('overview'),
  errors: parseAsStringLiteral(STATUSES).withDefault('open'),
};

export type Scope = Pick<
  Input<'analytics.overview'>,
  'from' | 'to' | 'time_zone' | 'pipeline_id' | 'version' | 'agent_id' | 'tag'
>;

const REFRESH_MS = 15_000;

/** What all figures of the page are of, and how it is changed. */
export function useScope() {
  const [params, setParams] = useQueryStates(PARAMS, { history: 'push' });
  const now = useNow();
  const { names, filters } = useNames();
  const range = readTimeRange(params.range, toMinute(now)) ?? readTimeRange('24h', toMinute(now));
  const zone = params.zone !== null && isZone(params.zone) ? params.zone : undefined;
  const clock = useMemo(() => createClock(zone), [zone]);
  const scope: Scope = {
    ...(range?.from ? { from: range.from.toISOString() } : {}),
    ...(range?.to ? { to: range.to.toISOString() } : {}),
    time_zone: zone ?? ownZone(),
    ...idsOf(params),
    // The server counts by one of the two.
    ...(params.tag && !params.agent ? { tag: params.tag } : {}),
  };
  const link: RunsLink = {
    ...{ pipeline: params.pipeline, version: params.version },
    ...{ agent: params.agent, tag: scope.tag ?? null, zone: zone ?? null },
  };
  const set = (next: Partial<typeof params>) => void setParams(next);
  /** What is asked, whenever that is. */
  const what = JSON.stringify(params);
  return { params, set, zone, clock, scope, what, link, names, filters };
}

export type ScopeState = ReturnType<typeof useScope>;

function idsOf({ pipeline, version, agent }: Record<'pipeline' | 'version' | 'agent', string | null>): Scope {
  const isPipeline = isId('pipe', pipeline);
  const isAgent = isId('agent', agent);
  const number = Number(version);
  return {
    ...(isPipeline ? { pipeline_id: pipeline as PipelineId } : {}),
    ...(isPipeline && Number.isInteger(number) && number > 0 ? { version: number } : {}),
    ...(isAgent ? { agent_id: agent as AgentId } : {}),
  };
}

/** Moves on while somebody looks: ranges that reach back from now follow it. */
function useNow(): number {
  const readTime = useClock();
  const [now, setNow] = useState(readTime);
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) setNow(readTime());
    }, REFRESH_MS);
    return () => clearInterval(timer);
  }, [readTime]);
  return now;
}

function useNames(): { names: ReadonlyMap<string, string>; filters: FilterDef[] } {
  const { rows = [], isCut } = useWholeList('pipelines.list', { limit: 200 }, (page) => page.pipelines);
  const { data: fleet } = useQuery(query('agents.list', {}));
  const agents = { rows: fleet?.agents ?? [], isCut: (fleet?.next_cursor ?? null) !== null };
  const all = [...rows, ...agents.rows];
  return {
    names: new Map(all.map(({ id, name }) => [id as string, name])),
    filters: filterDefs({ rows, isCut }, agents),
  };
}
