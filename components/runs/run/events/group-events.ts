/** An event stands under its stage, or under the run as a whole. */
export interface Placed {
  seq: number;
  event: { task?: unknown; [field: string]: unknown };
}

/** The run as a whole, which comes first. */
export const WHOLE_RUN = -1;

export const stageOf = ({ event }: Placed): number =>
  typeof event.task === 'number' ? event.task : WHOLE_RUN;

export type Row<Event> =
  | { kind: 'event'; event: Event }
  | { kind: 'heading'; stage: number; count: number; isFolded: boolean };

/** Stage by stage, each under a heading that counts its events; of one that is folded nothing but that. */
export function groupEvents<Event extends Placed>(
  events: readonly Event[],
  folded: ReadonlySet<number>,
): Row<Event>[] {
  const groups = [...Map.groupBy(events, stageOf)].sort(([a], [b]) => a - b);
  return groups.flatMap(([stage, members]): Row<Event>[] => {
    const isFolded = folded.has(stage);
    const heading: Row<Event> = { kind: 'heading', stage, count: members.length, isFolded };
    if (isFolded) return [heading];
    const inOrder = members.toSorted((a, b) => a.seq - b.seq);
    return [heading, ...inOrder.map((event): Row<Event> => ({ kind: 'event', event }))];
  });
}
