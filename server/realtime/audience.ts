import type { PipelineId, RunId } from '#server/domain/ids.ts';
import type { RunNews } from '#server/domain/live.ts';

export type RunTopic = { run: RunId } | { pipeline: PipelineId } | 'everything';

/** Who hears what. `Member` is a connection. */
export interface Audience<Member> {
  add(member: Member, topic: RunTopic): void;
  remove(member: Member, topic: RunTopic): void;
  hears(runId: RunId, pipelineId: PipelineId | null): boolean;
  /** Members who hear runs that they have not named. */
  broad(): Set<Member>;
  namedRuns(): Iterable<RunId>;
  /** To each member what it hears of these, once. Who hears the same gets the same array. */
  share(news: readonly RunNews[]): Map<Member, readonly RunNews[]>;
}

export function createAudience<Member>(): Audience<Member> {
  const everything = new Set<Member>();
  const byRun = new Map<RunId, Set<Member>>();
  const byPipeline = new Map<PipelineId, Set<Member>>();

  function setsOf(topic: RunTopic, act: (set: Set<Member>) => void): void {
    if (topic === 'everything') return act(everything);
    if ('run' in topic) return inMap(byRun, topic.run, act);
    inMap(byPipeline, topic.pipeline, act);
  }

  function share(news: readonly RunNews[]): Map<Member, readonly RunNews[]> {
    const shares = new Map<Member, readonly RunNews[]>();
    const own = new Map<Member, RunNews[]>();
    for (const member of everything) shares.set(member, news);
    for (const [pipelineId, list] of byPipelineOf(news)) {
      for (const member of byPipeline.get(pipelineId) ?? []) {
        if (shares.get(member) === news) continue;
        // The second thing that it hears: from now on its array is its own.
        const before = shares.get(member);
        if (before === undefined) shares.set(member, list);
        else addAll(own, member, { before, list });
      }
    }
    for (const one of news) {
      for (const member of byRun.get(one.runId) ?? []) {
        const before = own.get(member) ?? shares.get(member);
        if (before === news || before?.includes(one)) continue;
        addAll(own, member, { before: before ?? [], list: [one] });
      }
    }
    for (const [member, list] of own) shares.set(member, list);
    return shares;
  }

  return {
    add: (member, topic) => setsOf(topic, (set) => set.add(member)),
    remove: (member, topic) => setsOf(topic, (set) => set.delete(member)),
    hears: (runId, pipelineId) =>
      everything.size > 0 || byRun.has(runId) || (pipelineId !== null && byPipeline.has(pipelineId)),
    broad: () => new Set([...everything, ...[...byPipeline.values()].flatMap((set) => [...set])]),
    namedRuns: () => byRun.keys(),
    share,
  };
}

function inMap<Key, Member>(map: Map<Key, Set<Member>>, key: Key, act: (set: Set<Member>) => void): void {
  const set = map.get(key) ?? new Set<Member>();
  act(set);
  if (set.size === 0) map.delete(key);
  else map.set(key, set);
}

function byPipelineOf(news: readonly RunNews[]): Map<PipelineId, RunNews[]> {
  const lists = new Map<PipelineId, RunNews[]>();
  for (const one of news) {
    if (one.pipelineId === null) continue;
    const list = lists.get(one.pipelineId);
    if (list) list.push(one);
    else lists.set(one.pipelineId, [one]);
  }
  return lists;
}

function addAll<Member>(
  own: Map<Member, RunNews[]>,
  member: Member,
  { before, list }: { before: readonly RunNews[]; list: readonly RunNews[] },
): void {
  const mine = own.get(member);
  if (mine) mine.push(...list);
  else own.set(member, [...before, ...list]);
}
