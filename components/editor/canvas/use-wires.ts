import type { Connection, FinalConnectionState, IsValidConnection, OnConnectStart } from '@xyflow/react';
import { useEditor } from '../context.ts';
import { nameOf, stageId } from '../model/items.ts';
import { reachedFrom, whyNotConnect, wiringOf } from '../model/wiring.ts';
import type { WireEdge } from './to-flow.ts';

const isStage = (id: string | null | undefined): id is string => id?.startsWith('stage:') ?? false;

/** Wires drawn by hand: which stages refuse one is known as soon as it is taken up, and why when it is held there. */
export function useWires() {
  const { store, connecting, asked, canvas } = useEditor();

  const onConnectStart: OnConnectStart = (_, { nodeId, handleType }) => {
    if (!isStage(nodeId) || handleType === null) return;
    const from = nameOf(nodeId);
    const { outgoing, incoming } = wiringOf(store.get().document);
    const [ahead, behind] = handleType === 'source' ? [outgoing, incoming] : [incoming, outgoing];
    // Whoever it can be reached from would close a circle; who is its neighbour already needs no second wire.
    const refused = reachedFrom([from], behind).add(from);
    for (const key of ahead.get(from) ?? []) refused.add(key);
    connecting.set({ from, side: handleType, refused });
  };

  const isValidConnection: IsValidConnection<WireEdge> = ({ source, target }) =>
    isStage(source) &&
    isStage(target) &&
    whyNotConnect(store.get().document, nameOf(source), nameOf(target)) === null;

  const onConnect = ({ source, target }: Connection) => {
    store.connect(nameOf(source), nameOf(target));
  };

  /** On a stage but off its handle it still connects; on nothing it asks what should stand there. */
  const onConnectEnd = (event: MouseEvent | TouchEvent, state: FinalConnectionState) => {
    const wire = connecting.get();
    connecting.set(null);
    if (!wire || state.isValid) return;
    const point = pointOf(event);
    const over = document.elementsFromPoint(point.x, point.y);
    const node = over
      .map((element) => element.closest<HTMLElement>('.react-flow__node')?.dataset.id)
      .find(isStage);
    if (node !== undefined || state.toNode) {
      const other = nameOf(node ?? state.toNode?.id ?? stageId(wire.from));
      if (other === wire.from) return;
      store.connect(
        ...(wire.side === 'source' ? ([wire.from, other] as const) : ([other, wire.from] as const)),
      );
      return;
    }
    const at = canvas.get()?.toCanvas(point);
    if (!at) return;
    asked.set({
      kind: 'add',
      at,
      ...(wire.side === 'source' ? { after: wire.from } : { before: wire.from }),
    });
  };

  return { onConnectStart, isValidConnection, onConnect, onConnectEnd };
}

function pointOf(event: MouseEvent | TouchEvent): { x: number; y: number } {
  const { clientX, clientY } =
    'changedTouches' in event ? (event.changedTouches[0] ?? { clientX: 0, clientY: 0 }) : event;
  return { x: clientX, y: clientY };
}
