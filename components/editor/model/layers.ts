import { type EditorDocument, type Point, placeOf } from './document.ts';
import { inOrder, wiringOf } from './wiring.ts';

export const STAGE_SIZE = { width: 200, height: 60 } as const;
const GAP = { x: 60, y: 32 } as const;

/**
 * Places for stages that have none: columns by the longest way from a start, rows near what they follow. It takes
 * milliseconds for thousands of stages, so that a pipeline that no canvas has ever seen opens at once.
 */
export function placeStages(document: EditorDocument): ReadonlyMap<string, Point> {
  const places = new Map<string, Point>();
  const homeless = new Set<string>();
  for (const stage of document.stages) {
    const place = placeOf(stage);
    if (place) places.set(stage.key, place);
    else homeless.add(stage.key);
  }
  if (homeless.size === 0) return places;
  // Among stages that have places, the others go below all of them.
  const floor = [...places.values()].reduce((low, { y }) => Math.max(low, y + STAGE_SIZE.height + GAP.y), 0);
  for (const [key, place] of layOut(document, homeless)) places.set(key, { x: place.x, y: place.y + floor });
  return places;
}

function layOut(document: EditorDocument, keys: ReadonlySet<string>): Map<string, Point> {
  const { incoming } = wiringOf(document);
  const columnOf = new Map<string, number>();
  const columns: string[][] = [];
  for (const key of inOrder(document)) {
    if (!keys.has(key)) continue;
    const column = (incoming.get(key) ?? []).reduce(
      (far, from) => Math.max(far, (columnOf.get(from) ?? -1) + 1),
      0,
    );
    columnOf.set(key, column);
    const members = columns[column];
    if (members) members.push(key);
    else columns[column] = [key];
  }
  return toPlaces(
    columns.map((column) => column ?? []),
    incoming,
  );
}

function toPlaces(
  columns: readonly (readonly string[])[],
  incoming: ReadonlyMap<string, readonly string[]>,
): Map<string, Point> {
  const step = { x: STAGE_SIZE.width + GAP.x, y: STAGE_SIZE.height + GAP.y };
  const tallest = Math.max(0, ...columns.map(({ length }) => length));
  const rowOf = new Map<string, number>();
  const places = new Map<string, Point>();
  for (const [at, column] of columns.entries()) {
    const wish = (key: string): number => {
      const rows = (incoming.get(key) ?? []).flatMap((from) => rowOf.get(from) ?? []);
      return rows.length === 0 ? 0 : rows.reduce((sum, row) => sum + row, 0) / rows.length;
    };
    const sorted = column.map((key) => ({ key, wish: wish(key) })).sort((a, b) => a.wish - b.wish);
    const start = (tallest - column.length) / 2;
    for (const [row, { key }] of sorted.entries()) {
      rowOf.set(key, start + row);
      places.set(key, { x: at * step.x, y: Math.round((start + row) * step.y) });
    }
  }
  return places;
}
