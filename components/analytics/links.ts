export interface Ended {
  from: string;
  to: string;
}

/** What a list of runs is narrowed by, as it stands in the list's address. */
export interface RunsLink {
  ended?: Ended;
  status?: readonly string[];
  pipeline?: string | null;
  version?: string | number | null;
  agent?: string | null;
  tag?: string | null;
  trigger?: string;
  group?: string | null;
  waiting?: string;
  sort?: 'finished:desc' | 'duration:desc';
}

/** The list of just those runs that a figure counts. */
export function runsHref({ ended, status, ...rest }: RunsLink): string {
  const params = new URLSearchParams();
  if (status) params.set('status', status.join(','));
  if (ended) params.set('finished', `${ended.from}~${ended.to}`);
  for (const [name, value] of Object.entries(rest)) if (value != null) params.set(name, String(value));
  return `/runs?${params}`;
}

export interface Behind {
  all: string;
  failed: string;
  slowest: string;
}

const behind = (link: RunsLink): Behind => ({
  all: runsHref(link),
  failed: runsHref({ ...link, status: ['failed'] }),
  slowest: runsHref({ ...link, sort: 'duration:desc' }),
});

/**
 * The lists behind the figures of a stage: the runs of its pipeline, each of which had it, since the list of runs knows no
 * stages. A task without a pipeline is a run of its own.
 */
export const behindStage = (link: RunsLink, ended: Ended): Behind =>
  behind({ ...link, ended, ...(link.pipeline == null ? { trigger: 'task' } : {}) });

/** The lists behind the figures of an agent: the runs that it worked on. */
export const behindAgent = (link: RunsLink, ended: Ended): Behind => behind({ ...link, ended });

/** The range and the zone that are looked at, for another page of analytics. */
export function placeInTime({ range, zone }: { range: string; zone: string | null }): string {
  return `${new URLSearchParams({ range, ...(zone === null ? {} : { zone }) })}`;
}
