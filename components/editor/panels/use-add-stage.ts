import { useEditor } from '../context.ts';
import type { EditorDocument, Point } from '../model/document.ts';
import { addStage, spliceStage } from '../model/edits/stages.ts';
import { kindOf, nameOf } from '../model/items.ts';
import { placeStages, STAGE_SIZE } from '../model/layers.ts';

export interface Wish {
  type: string;
  at?: Point | null;
  after?: string;
  before?: string;
  /** Into this wire. */
  wire?: string;
}

/** Adds a stage where it was asked for; else behind what is selected, connected with it; else in the middle. */
export function useAddStage(): (wish: Wish) => void {
  const { store, canvas } = useEditor();
  return ({ type, at, after, before, wire }) => {
    const { document, selection } = store.get();
    const [only] = selection;
    const isOneStage = selection.size === 1 && only !== undefined && kindOf(only) === 'stage';
    const follows = after ?? (isOneStage && !at && before === undefined ? nameOf(only) : undefined);
    const wished = at ? { x: at.x, y: at.y - STAGE_SIZE.height / 2 } : undefined;
    const place =
      wished ?? (follows === undefined ? inTheMiddle(canvas.get()?.middle()) : behind(document, follows));
    const stage = {
      ...{ type, at: freePlace(document, place) },
      ...(follows === undefined ? {} : { after: follows }),
      ...(before === undefined ? {} : { before }),
    };
    const edit =
      (wire === undefined ? null : spliceStage(document, wire, stage)) ?? addStage(document, stage);
    store.perform(edit);
    const [id] = edit.select ?? [];
    if (id !== undefined) requestAnimationFrame(() => canvas.get()?.show(id));
  };
}

function inTheMiddle(point: Point | undefined): Point {
  const { x, y } = point ?? { x: 0, y: 0 };
  return { x: x - STAGE_SIZE.width / 2, y: y - STAGE_SIZE.height / 2 };
}

const GAP = { x: 60, y: 32 };

function behind(document: EditorDocument, key: string): Point {
  const { x, y } = placeStages(document).get(key) ?? { x: 0, y: 0 };
  return { x: x + STAGE_SIZE.width + GAP.x, y };
}

/** Further down, until it lies on nobody. */
function freePlace(document: EditorDocument, wish: Point): Point {
  const taken = [...placeStages(document).values()];
  let { y } = wish;
  const isTaken = () =>
    taken.some(
      (place) => Math.abs(place.x - wish.x) < STAGE_SIZE.width && Math.abs(place.y - y) < STAGE_SIZE.height,
    );
  while (isTaken()) y += STAGE_SIZE.height + GAP.y;
  return { x: wish.x, y };
}
