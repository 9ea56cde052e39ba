export interface Ended {
  from: string;
  to: string;
}

/** What a list of runs is narrowed by, as it stands in the list's address. */
export interface RunsLink {
  ended?: Ended;
  created?: Ended;
  status?: readonly string[];
  pipeline?: string | null;
  version?: string | number | null;
  agent?: string | null;
  tag?: string | null;
  trigger?: string;
  group?: string | null;
  stage?: string;
  stage_type?: string;
  stage_outcome?: 'failed' | 'retried' | 'attempt_failed' | 'attempt_lost';
  waiting?: string;
  sort?: 'finished:desc' | 'duration:desc';
  /** In which the list tells its times; none: that of whoever looks. */
  zone?: string | null;
}

/** The list of just those runs that a figure counts. */
export function runsHref({ ended, created, status, ...rest }: RunsLink): string {
  const params = new URLSearchParams();
  if (status) params.set('status', status.join(','));
  if (ended) params.set('finished', `${ended.from}~${ended.to}`);
  if (created) params.set('created', `${created.from}~${created.to}`);
  for (const [name, value] of Object.entries(rest)) if (value != null) params.set(name, String(value));
  return `/runs?${params}`;
}

/**
 * The lists behind the figures of a stage: the runs in which an agent was given it, in which it failed, and in which it was
 * tried again. One without a pipeline is of tasks that stood alone, each a run of its own.
 */
export function behindStage(link: RunsLink & { stage: string; stage_type: string }, ended: Ended) {
  const all: RunsLink = { ...link, ended, ...(link.pipeline == null ? { trigger: 'task' } : {}) };
  return {
    all: runsHref(all),
    failed: runsHref({ ...all, stage_outcome: 'failed' }),
    retried: runsHref({ ...all, stage_outcome: 'retried' }),
    slowest: runsHref({ ...all, sort: 'duration:desc' }),
  };
}

/** The lists behind the figures of an agent: the runs that it worked on, and in which an attempt went wrong with it. */
export function behindAgent(link: RunsLink & { agent: string }, ended: Ended) {
  const all: RunsLink = { ...link, ended };
  return {
    all: runsHref(all),
    failed: runsHref({ ...all, stage_outcome: 'attempt_failed' }),
    lost: runsHref({ ...all, stage_outcome: 'attempt_lost' }),
    slowest: runsHref({ ...all, sort: 'duration:desc' }),
  };
}

/** The range and the zone that are looked at, for another page of analytics. */
export function placeInTime({ range, zone }: { range: string; zone: string | null }): string {
  return `${new URLSearchParams({ range, ...(zone === null ? {} : { zone }) })}`;
}
