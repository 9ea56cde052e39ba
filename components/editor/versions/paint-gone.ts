import {
  createPainter,
  type FlowNode,
  type Picture,
  type StageNode,
  type WireEdge,
} from '../canvas/to-flow.ts';
import { canvasWords } from '../canvas/words.ts';
import { type EditorDocument, type Point, titleOf } from '../model/document.ts';
import { boxOf, wireId } from '../model/items.ts';
import { STAGE_SIZE } from '../model/layers.ts';

/** A little more than a box is high. */
const STEP = 80;

const goneId = (key: string) => `gone:${key}`;

/** Stages and wires that were there before and are no longer: where they stood, or below what has taken their place. */
export function paintGone(before: EditorDocument, now: EditorDocument): Picture {
  const kept = new Set(now.stages.map(({ key }) => key));
  // Groups of then would hide what they had folded.
  const then = createPainter()({ ...before, notes: [], groups: [] });
  const taken = createPainter()(now).nodes.flatMap((node) =>
    node.type === 'stage' || (node.type === 'group' && node.data.isFolded) ? [node.position] : [],
  );
  const nodes = then.nodes.flatMap((node) => {
    if (node.type !== 'stage' || kept.has(node.data.stage.key)) return [];
    const place = freePlace(node.position, taken);
    taken.push(place);
    return [asGhost(node, place)];
  });
  return { nodes, edges: wiresGone(before, now, kept) };
}

const asGhost = ({ data: { stage }, ...node }: StageNode, position: Point): FlowNode => ({
  ...{ ...node, position, id: goneId(stage.key), data: { stage, isGone: true } },
  ...{ selectable: false, draggable: false, connectable: false, focusable: false },
  ...{ ariaRole: 'group', ariaLabel: canvasWords.gone(titleOf(stage)) },
});

function wiresGone(before: EditorDocument, now: EditorDocument, kept: ReadonlySet<string>): Picture['edges'] {
  const wired = new Set<string>(now.dependencies.map(wireId));
  const boxNow = (key: string) => (kept.has(key) ? boxOf(now, key) : goneId(key));
  return before.dependencies
    .filter((wire) => !wired.has(wireId(wire)))
    .map(
      (wire): WireEdge => ({
        ...{ id: goneId(wireId(wire)), source: boxNow(wire.from), target: boxNow(wire.to), type: 'wire' },
        ...{ data: { wire: null, isGone: true }, selectable: false, focusable: false },
        ariaLabel: canvasWords.goneConnection(wire.from, wire.to),
      }),
    )
    .filter(({ source, target }) => source !== target);
}

function freePlace({ x, y }: Point, taken: readonly Point[]): Point {
  const isFree = taken.every(
    (other) => Math.abs(other.x - x) >= STAGE_SIZE.width || Math.abs(other.y - y) >= STAGE_SIZE.height,
  );
  return isFree ? { x, y } : freePlace({ x, y: y + STEP }, taken);
}
