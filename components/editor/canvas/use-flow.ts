import { type EdgeChange, type NodeChange, useStoreApi } from '@xyflow/react';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useEditor } from '../context.ts';
import type { Point } from '../model/document.ts';
import { moveItems } from '../model/edits/stages.ts';
import { kindOf, nameOf, stageId } from '../model/items.ts';
import { useObserved } from '../store/observable.ts';
import { createPainter, type FlowNode, type Picture, type WireEdge } from './to-flow.ts';

const STILL: ReadonlyMap<string, Point> = new Map();

/**
 * The document as nodes and edges, with what is only of the moment laid over it: what is selected, and where things
 * are while they are dragged. A drag becomes one edit when it ends.
 */
export function useFlow() {
  const { store, gone } = useEditor();
  const document = useObserved(store, (state) => state.document);
  const selection = useObserved(store, (state) => state.selection);
  const shape = useStoreApi();
  const [paint] = useState(createPainter);
  const [dragged, setDragged] = useState(STILL);
  // Read when the drag ends, before React has drawn its last step.
  const last = useRef(STILL);
  const ghosts = useObserved(gone, (picture) => picture);
  const picture = useMemo(() => over(ghosts, paint(document)), [ghosts, paint, document]);
  const [keepNode] = useState(() => createKeeper<FlowNode>());
  const [keepEdge] = useState(() => createKeeper<WireEdge>());

  const nodes = useMemo(
    () =>
      picture.nodes.map((node) =>
        keepNode(node, { selected: selection.has(node.id), at: dragged.get(node.id) }),
      ),
    [picture, selection, dragged, keepNode],
  );
  const edges = useMemo(
    () => picture.edges.map((edge) => keepEdge(edge, { selected: selection.has(edge.id), at: undefined })),
    [picture, selection, keepEdge],
  );

  const onSelect = (changes: readonly (NodeChange<FlowNode> | EdgeChange<WireEdge>)[]) => {
    const next = new Set(store.get().selection);
    for (const change of changes) {
      if (change.type !== 'select') continue;
      if (change.selected) next.add(change.id);
      else next.delete(change.id);
    }
    store.select(next);
  };

  /** Wires come with the stages that a marquee takes in; those that people want are clicked. */
  const onEdgesChange = (changes: EdgeChange<WireEdge>[]) => {
    if (!shape.getState().userSelectionActive) onSelect(changes);
  };

  // What a marquee has drawn around several lies over all of it, also over what has taken their place, such as a group.
  useEffect(() => {
    if (selection.size < 2) shape.setState({ nodesSelectionActive: false });
  }, [selection, shape]);

  const onNodesChange = (changes: NodeChange<FlowNode>[]) => {
    if (changes.some(({ type }) => type === 'select')) onSelect(changes);
    const moves = changes.flatMap((change) =>
      change.type === 'position' && change.position && change.dragging
        ? [[change.id, change.position] as const]
        : [],
    );
    if (moves.length === 0) return;
    const places = new Map(last.current);
    for (const [id, place] of moves) for (const [moved, at] of withMembers(id, place)) places.set(moved, at);
    last.current = places;
    setDragged(places);
  };

  /** A group is where its stages are, so what moves with it are they. */
  function withMembers(id: string, place: Point): [string, Point][] {
    if (kindOf(id) !== 'group') return [[id, place]];
    const group = document.groups.find((known) => known.id === nameOf(id));
    const node = picture.nodes.find((known) => known.id === id);
    if (!group || !node) return [];
    const shift = { x: place.x - node.position.x, y: place.y - node.position.y };
    const all = placesOf(picture.nodes, document.stages);
    return [
      [id, place],
      ...group.stages.flatMap((key): [string, Point][] => {
        const at = all.get(stageId(key));
        return at ? [[stageId(key), { x: at.x + shift.x, y: at.y + shift.y }]] : [];
      }),
    ];
  }

  const onDragStop = () => {
    const places = last.current;
    last.current = STILL;
    setDragged(STILL);
    if (places.size > 0) store.perform(moveItems(store.get().document, places));
    store.seal();
  };

  return { picture, nodes, edges, dragged, onNodesChange, onEdgesChange, onDragStop };
}

function over(ghosts: Picture | null, { nodes, edges }: Picture): Picture {
  return ghosts
    ? { nodes: [...ghosts.nodes, ...nodes], edges: [...ghosts.edges, ...edges] }
    : { nodes, edges };
}

/** Of stages that are drawn where they are drawn, of those in folded groups what the document says. */
function placesOf(
  nodes: readonly FlowNode[],
  stages: readonly { key: string; ui?: unknown }[],
): Map<string, Point> {
  const places = new Map(nodes.map(({ id, position }) => [id, position as Point]));
  for (const { key, ui } of stages) {
    const place = ui as Point | undefined;
    if (place && !places.has(stageId(key))) places.set(stageId(key), place);
  }
  return places;
}

interface Laid {
  selected: boolean;
  at: Point | undefined;
}

/** The same object for the same thing in the same state: React Flow draws anew what is not. */
function createKeeper<Item extends { id: string }>() {
  const known = new Map<string, { base: Item; laid: Laid; made: Item }>();
  return (base: Item, laid: Laid): Item => {
    const before = known.get(base.id);
    if (before?.base === base && before.laid.selected === laid.selected && before.laid.at === laid.at)
      return before.made;
    const made =
      laid.selected || laid.at
        ? { ...base, selected: laid.selected, ...(laid.at ? { position: laid.at } : {}) }
        : base;
    known.set(base.id, { base, laid, made });
    return made;
  };
}
