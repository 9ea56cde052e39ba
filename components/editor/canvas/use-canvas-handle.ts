import { useReactFlow, useStoreApi } from '@xyflow/react';
import { useEffect, useEffectEvent } from 'react';
import { type CanvasHandle, useEditor } from '../context.ts';
import { moveItems } from '../model/edits/stages.ts';
import { boxOf, kindOf, nameOf, stageId, wireId } from '../model/items.ts';
import { edits } from '../model/words.ts';
import { firstLook } from './first-look.ts';
import type { FlowNode, WireEdge } from './to-flow.ts';

const CALM_MS = 200;
const isStill = () => matchMedia('(prefers-reduced-motion: reduce)').matches;
const pace = () => ({ duration: isStill() ? 0 : CALM_MS });
const dialogInUse = () => window.document.activeElement?.closest('[role=dialog]') ?? null;

/** Gives those outside the canvas a few words to it. */
export function useCanvasHandle(): void {
  const flow = useReactFlow<FlowNode, WireEdge>();
  const shape = useStoreApi();
  const { canvas, store } = useEditor();

  const show = useEffectEvent((id: string) => {
    const { document } = store.get();
    const isWire = kindOf(id) === 'wire';
    const wire = isWire ? document.dependencies.find((known) => wireId(known) === id) : undefined;
    const ends = wire
      ? [boxOf(document, wire.from), boxOf(document, wire.to)]
      : [kindOf(id) === 'stage' ? boxOf(document, nameOf(id)) : id];
    const selector = isWire
      ? `.react-flow__edge[data-id="${CSS.escape(id)}"]`
      : `.react-flow__node[data-id="${CSS.escape(ends[0] ?? id)}"]`;
    const askedIn = dialogInUse();
    let hasFocused = false;
    const focus = () => {
      const element = window.document.querySelector<HTMLElement>(selector);
      // Whoever types fast has opened the next dialog meanwhile, and keeps the focus there.
      const isElsewhere = dialogInUse() !== null && dialogInUse() !== askedIn;
      if (!element || hasFocused || isElsewhere) return;
      hasFocused = true;
      element.focus({ preventScroll: true });
    };
    store.select([id]);
    const nodes = ends.map((node) => ({ id: node }));
    // What was out of sight, or too small to be one element, is drawn on the way there.
    void flow.fitView({ nodes, maxZoom: 1, minZoom: 0.6, padding: 0.6, ...pace() }).then(focus);
    // Drawn after this render at the latest; what is asked for may just have been added.
    requestAnimationFrame(focus);
  });

  const reveal = useEffectEvent((id: string) => {
    const node = flow.getNode(id);
    const { width, height } = shape.getState();
    if (!node || width === 0) return;
    const { x, y, zoom } = flow.getViewport();
    const [boxWidth, boxHeight] = [node.width ?? 0, node.height ?? 0];
    const [left, top] = [node.position.x * zoom + x, node.position.y * zoom + y];
    const isSeen =
      left >= 0 && top >= 0 && left + boxWidth * zoom <= width && top + boxHeight * zoom <= height;
    if (isSeen) return;
    const middle = [node.position.x + boxWidth / 2, node.position.y + boxHeight / 2] as const;
    void flow.setCenter(...middle, { zoom, ...pace() });
  });

  const layOut = useEffectEvent(async () => {
    const { layOut: start } = await import('./layout/lay-out.ts');
    const places = await start(store.get().document);
    const items = new Map([...places].map(([key, place]) => [stageId(key), place]));
    store.perform(moveItems(store.get().document, items, { label: edits.tidyUp }));
    requestAnimationFrame(() => {
      const { width, height } = shape.getState();
      const nodes = flow.getNodes();
      const look = firstLook({
        ...{ box: flow.getNodesBounds(nodes), window: { width, height }, count: nodes.length },
      });
      void flow.setViewport(look, pace());
    });
  });

  useEffect(() => {
    const handle: CanvasHandle = {
      show: (id) => show(id),
      reveal: (id) => reveal(id),
      fit: () => void flow.fitView({ padding: 0.15, maxZoom: 1, ...pace() }),
      zoomTo: (zoom) => void flow.zoomTo(zoom, pace()),
      layOut: () => layOut(),
      middle() {
        const box = shape.getState().domNode?.getBoundingClientRect();
        return box
          ? flow.screenToFlowPosition({ x: box.x + box.width / 2, y: box.y + box.height / 2 })
          : { x: 0, y: 0 };
      },
      toCanvas: (screen) => flow.screenToFlowPosition(screen),
    };
    canvas.set(handle);
    return () => canvas.set(null);
  }, [canvas, flow, shape]);
}
