import type { RunNews } from '#server/domain/live.ts';
import { redactEvent } from '#server/services/run/redact.ts';

/** Without what events quote of payloads; the same list gives the same list, so that it is written out once. */
export function createRedactor(): (news: readonly RunNews[]) => readonly RunNews[] {
  const lists = new WeakMap<readonly RunNews[], readonly RunNews[]>();
  const single = new WeakMap<RunNews, RunNews>();
  function one(news: RunNews): RunNews {
    const known = single.get(news) ?? {
      ...news,
      events: news.events.map((entry) => ({ ...entry, event: redactEvent(entry.event) })),
    };
    single.set(news, known);
    return known;
  }
  return (news) => {
    const known = lists.get(news) ?? news.map(one);
    lists.set(news, known);
    return known;
  };
}
