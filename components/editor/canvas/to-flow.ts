import type { Edge, Node, Position } from '@xyflow/react';
import {
  type EditorDocument,
  type GroupItem,
  isMarked,
  type NoteItem,
  type Point,
  type StageItem,
  titleOf,
  type Wire,
} from '../model/document.ts';
import { groupId, noteId, stageId, wireId } from '../model/items.ts';
import { placeStages, STAGE_SIZE } from '../model/layers.ts';
import { inOrder, wiringOf } from '../model/wiring.ts';
import { canvasWords } from './words.ts';

/** One that is gone is a ghost of the version that the draft is compared with: to be seen, and no more. */
export type StageNode = Node<{ stage: StageItem; isGone?: true }, 'stage'>;
export type NoteNode = Node<{ note: NoteItem }, 'note'>;
export type GroupNode = Node<{ group: GroupItem; isFolded: boolean }, 'group'>;
export type FlowNode = StageNode | NoteNode | GroupNode;
/** `wire` is null where several are drawn as one, into or out of a folded group. */
export type WireEdge = Edge<{ wire: Wire | null; isGone?: true }, 'wire'>;

export interface Picture {
  nodes: FlowNode[];
  edges: WireEdge[];
}

const GROUP_MARGIN = 20;
const GROUP_HEAD = 32;

// The words alone: whoever only draws a picture of it does not load the library.
const LEFT = 'left' as Position;
const RIGHT = 'right' as Position;

/** Where wires meet a box, so that nothing has to be measured before they can be drawn. */
function handlesOf({ width, height }: { width: number; height: number }): NonNullable<Node['handles']> {
  const y = height / 2;
  return [
    { type: 'target', position: LEFT, x: 0, y, width: 1, height: 1 },
    { type: 'source', position: RIGHT, x: width, y, width: 1, height: 1 },
  ];
}

const STAGE_HANDLES = handlesOf(STAGE_SIZE);

/** The document as React Flow draws it. What has not changed is the same object as before, and is not drawn again. */
export function createPainter(): (document: EditorDocument) => Picture {
  let known = new Map<string, FlowNode>();
  let knownEdges = new Map<string, WireEdge>();
  return (document) => {
    const places = placeStages(document);
    const folded = foldedOf(document);
    const nodes = paintNodes(document, { places, folded, known });
    const edges = paintEdges(document, { folded, known: knownEdges });
    known = new Map(nodes.map((node) => [node.id, node]));
    knownEdges = new Map(edges.map((edge) => [edge.id, edge]));
    return { nodes, edges };
  };
}

/** The folded group of each stage that is in one. */
function foldedOf({ groups }: EditorDocument): ReadonlyMap<string, string> {
  const folded = new Map<string, string>();
  for (const group of groups) {
    if (group.collapsed) for (const key of group.stages) folded.set(key, groupId(group.id));
  }
  return folded;
}

interface Known {
  places: ReadonlyMap<string, Point>;
  folded: ReadonlyMap<string, string>;
  known: ReadonlyMap<string, FlowNode>;
}

function paintNodes(document: EditorDocument, { places, folded, known }: Known): FlowNode[] {
  const keep = <N extends FlowNode>(node: N, isSame: (before: N) => boolean): N => {
    const before = known.get(node.id) as N | undefined;
    const stands = before?.position.x === node.position.x && before.position.y === node.position.y;
    const sameSize = before?.width === node.width && before?.height === node.height;
    return before && stands && sameSize && isSame(before) ? before : node;
  };
  const { incoming, outgoing } = wiringOf(document);
  const stages = new Map(document.stages.map((stage) => [stage.key, stage]));
  const groups = document.groups.flatMap((group) => {
    const node = paintGroup(group, places);
    return node ? [keep(node, ({ data }) => data.group === group)] : [];
  });
  const notes = document.notes.map((note) => keep(paintNote(note), ({ data }) => data.note === note));
  // In the order in which they can run: that is how the Tab key goes through them.
  const boxes = inOrder(document).flatMap((key) => {
    const stage = stages.get(key);
    if (!stage || folded.has(key)) return [];
    const ends = { incoming: incoming.get(key)?.length ?? 0, outgoing: outgoing.get(key)?.length ?? 0 };
    const node = paintStage(stage, { at: places.get(key) ?? { x: 0, y: 0 }, ends });
    return [keep(node, ({ data, ariaLabel }) => data.stage === stage && ariaLabel === node.ariaLabel)];
  });
  return [...groups, ...notes, ...boxes];
}

function paintStage(
  stage: StageItem,
  { at, ends }: { at: Point; ends: { incoming: number; outgoing: number } },
): StageNode {
  return {
    id: stageId(stage.key),
    type: 'stage',
    position: at,
    data: { stage },
    handles: STAGE_HANDLES,
    ...STAGE_SIZE,
    measured: STAGE_SIZE,
    ariaLabel: canvasWords.stage(titleOf(stage), {
      ...ends,
      capability: stage.type,
      isMarked: isMarked(stage),
    }),
  };
}

function paintNote(note: NoteItem): NoteNode {
  const { id, x, y, width, height } = note;
  return {
    id: noteId(id),
    type: 'note',
    position: { x, y },
    data: { note },
    ...{ width, height },
    measured: { width, height },
    zIndex: -1,
    connectable: false,
    ariaLabel: canvasWords.note(note.text.slice(0, 200)),
  };
}

function paintGroup(group: GroupItem, places: ReadonlyMap<string, Point>): GroupNode | null {
  const members = group.stages.flatMap((key) => places.get(key) ?? []);
  if (members.length === 0) return null;
  const left = Math.min(...members.map(({ x }) => x));
  const top = Math.min(...members.map(({ y }) => y));
  const common = {
    id: groupId(group.id),
    type: 'group',
    data: { group, isFolded: group.collapsed },
  } as const;
  const ariaLabel = canvasWords.group(group.title || group.id, {
    stages: group.stages.length,
    isFolded: group.collapsed,
  });
  if (group.collapsed) {
    return {
      ...common,
      ...{ position: { x: left, y: top }, ...STAGE_SIZE, measured: STAGE_SIZE, handles: STAGE_HANDLES },
      ...{ connectable: false, ariaLabel },
    };
  }
  const width = Math.max(...members.map(({ x }) => x)) - left + STAGE_SIZE.width + 2 * GROUP_MARGIN;
  const height =
    Math.max(...members.map(({ y }) => y)) - top + STAGE_SIZE.height + 2 * GROUP_MARGIN + GROUP_HEAD;
  return {
    ...common,
    position: { x: left - GROUP_MARGIN, y: top - GROUP_MARGIN - GROUP_HEAD },
    ...{ width, height, measured: { width, height }, zIndex: -2, connectable: false, ariaLabel },
  };
}

function paintEdges(
  document: EditorDocument,
  { folded, known }: { folded: Known['folded']; known: ReadonlyMap<string, WireEdge> },
): WireEdge[] {
  const keys = new Set(document.stages.map(({ key }) => key));
  const drawn = new Map<string, WireEdge>();
  for (const wire of document.dependencies) {
    if (!keys.has(wire.from) || !keys.has(wire.to)) continue;
    const source = folded.get(wire.from) ?? stageId(wire.from);
    const target = folded.get(wire.to) ?? stageId(wire.to);
    if (source === target) continue;
    const isWhole = source.startsWith('stage:') && target.startsWith('stage:');
    const id = isWhole ? wireId(wire) : `folded:${source} ${target}`;
    if (drawn.has(id)) continue;
    const before = known.get(id);
    const isSame =
      before?.source === source && before.target === target && before.data?.wire === (isWhole ? wire : null);
    drawn.set(id, isSame ? before : paintEdge({ id, source, target, wire: isWhole ? wire : null }));
  }
  return [...drawn.values()];
}

function paintEdge({
  id,
  source,
  target,
  wire,
}: {
  id: string;
  source: string;
  target: string;
  wire: Wire | null;
}): WireEdge {
  return {
    ...{ id, source, target, type: 'wire', data: { wire } },
    selectable: wire !== null,
    focusable: wire !== null,
    ariaLabel: wire ? canvasWords.connection(wire.from, wire.to) : canvasWords.foldedConnections,
  };
}
