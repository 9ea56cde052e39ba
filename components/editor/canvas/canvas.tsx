'use client';

import {
  Background,
  BackgroundVariant,
  type NodeMouseHandler,
  ReactFlow,
  type ReactFlowProps,
  ReactFlowProvider,
  SelectionMode,
  useStore,
  type Viewport,
} from '@xyflow/react';
import { Plus } from 'lucide-react';
import { type DragEvent, type KeyboardEvent, useRef } from 'react';
import { Button } from '../../ui/button.tsx';
import { NARROW, useMedia } from '../../ui/use-media.ts';
import { useEditor } from '../context.ts';
import { useObserved } from '../store/observable.ts';
import { words } from '../words.ts';
import { CanvasControls } from './canvas-controls.tsx';
import { ConnectHint } from './connect-hint.tsx';
import { DetailProvider, detailOf, isMany } from './detail.ts';
import { DRAGGED_CAPABILITY, dropStage } from './drop-stage.ts';
import { FarWires } from './far-wires.tsx';
import { GroupNode } from './group-node.tsx';
import { LittleMap } from './little-map.tsx';
import { NoteNode } from './note-node.tsx';
import { StageNode } from './stage-node.tsx';
import type { FlowNode, WireEdge as WireEdgeType } from './to-flow.ts';
import { useCanvasHandle } from './use-canvas-handle.ts';
import { useFirstLook } from './use-first-look.ts';
import { useFlow } from './use-flow.ts';
import { useWires } from './use-wires.ts';
import { writeViewport } from './viewport.ts';
import { WireEdge } from './wire-edge.tsx';

// Outside of components: React Flow draws everything anew when these are other objects.
const NODE_TYPES = { stage: StageNode, note: NoteNode, group: GroupNode };
const EDGE_TYPES = { wire: WireEdge };
const NO_EDGES: WireEdgeType[] = [];
/** A drag on nothing selects; the wheel and the other buttons move the view. Keys are the editor's own. */
const HABITS: Partial<ReactFlowProps<FlowNode, WireEdgeType>> = {
  snapToGrid: true,
  snapGrid: [10, 10],
  selectionOnDrag: true,
  selectionMode: SelectionMode.Partial,
  multiSelectionKeyCode: ['Meta', 'Control', 'Shift'],
  panOnScroll: true,
  panOnDrag: [1, 2],
  zoomOnDoubleClick: false,
  connectionRadius: 36,
  deleteKeyCode: null,
  disableKeyboardA11y: true,
  minZoom: 0.05,
  maxZoom: 2,
  proOptions: { hideAttribution: true },
};

interface CanvasProps {
  label?: string;
  /** Where to begin, if not all of it can be read at once; left out: where this person looked last. */
  begin?: string | undefined;
  /** It is not remembered where one looked. */
  isPassing?: boolean;
  /** Where the picture stood that the canvas takes the place of. */
  look?: Viewport | undefined;
}

export function Canvas(props: CanvasProps) {
  return (
    <ReactFlowProvider>
      <Flow {...props} />
    </ReactFlowProvider>
  );
}

function Flow({ label = words.canvas, begin, isPassing = false, look: given }: CanvasProps) {
  const editor = useEditor();
  const { store, isReadOnly, pipelineId } = editor;
  const { picture, nodes, edges, dragged, onNodesChange, onEdgesChange, onDragStop } = useFlow();
  // Asked once for the whole canvas: a thousand stages that each watch the zoom are a thousand looks at every move.
  const detail = useStore(({ transform: [, , zoom] }) => detailOf(zoom, nodes));
  const isFar = detail === 'shape';
  const isNarrow = useMedia(NARROW);
  const wires = useWires();
  useCanvasHandle();
  const place = useRef<HTMLElement>(null);
  const look = useFirstLook(place, { nodes: picture.nodes, begin, isPassing, pipelineId, look: given });
  const onOpen: NodeMouseHandler<FlowNode> = (_, { id, type, data }) => {
    if (type === 'stage' || !('note' in data)) store.select([id]);
  };
  return (
    <section
      ref={place}
      aria-label={label}
      // Where the focus comes to when the last thing on it is removed.
      data-canvas=""
      tabIndex={-1}
      className="relative min-h-0 min-w-0 grow select-none"
      onDragOver={(event) => {
        if (!isReadOnly && event.dataTransfer.types.includes(DRAGGED_CAPABILITY)) event.preventDefault();
      }}
      onDrop={(event: DragEvent) => dropStage(editor, event)}
    >
      <DetailProvider value={detail}>
        {look === null ? null : (
          <ReactFlow<FlowNode, WireEdgeType>
            nodes={nodes}
            edges={isFar ? NO_EDGES : edges}
            nodeTypes={NODE_TYPES}
            edgeTypes={EDGE_TYPES}
            onNodesChange={onNodesChange}
            onEdgesChange={onEdgesChange}
            onNodeDragStop={onDragStop}
            onSelectionDragStop={onDragStop}
            onNodeDoubleClick={onOpen}
            {...wires}
            {...HABITS}
            nodesDraggable={!isReadOnly}
            nodesConnectable={!isReadOnly}
            onlyRenderVisibleElements={isMany(nodes)}
            defaultViewport={look}
            onMoveEnd={(_, viewport: Viewport) => {
              if (!isPassing) writeViewport(pipelineId, viewport);
            }}
            onKeyDown={(event: KeyboardEvent) => selectFocused(event, store.select)}
          >
            <Background variant={BackgroundVariant.Dots} gap={20} size={1.5} />
            <CanvasControls />
            {isReadOnly ? null : <ConnectHint />}
            {isFar ? <FarWires nodes={picture.nodes} edges={edges} dragged={dragged} /> : null}
            {/* From afar the canvas is its own map, and on a phone there is no room for one. */}
            {isFar || isNarrow ? null : <LittleMap nodes={nodes} />}
          </ReactFlow>
        )}
      </DetailProvider>
      {nodes.length === 0 && !isReadOnly ? <FirstStage /> : null}
    </section>
  );
}

/** Enter or space on a stage or wire that has the focus selects it, which opens it beside the canvas. With Shift it is added: a key of the editor. */
function selectFocused(event: KeyboardEvent, select: (ids: string[]) => void): void {
  if ((event.key !== 'Enter' && event.key !== ' ') || event.shiftKey) return;
  const target = event.target as HTMLElement;
  const id = target.matches('.react-flow__node, .react-flow__edge') ? target.dataset.id : undefined;
  if (id === undefined) return;
  event.preventDefault();
  select([id]);
}

function FirstStage() {
  const { asked, canvas } = useEditor();
  const isOpen = useObserved(asked, (current) => current !== null);
  if (isOpen) return null;
  return (
    <div className="pointer-events-none absolute inset-0 flex items-center justify-center">
      <div className="pointer-events-auto flex max-w-sm flex-col items-center gap-3 text-center">
        <p className="text-lg font-semibold">{words.beginWithAStage}</p>
        <p className="text-sm text-quiet">{words.dragOneFromTheLeft}</p>
        <Button
          look="primary"
          icon={Plus}
          onClick={() => asked.set({ kind: 'add', at: canvas.get()?.middle() ?? null })}
        >
          {words.addTheFirstStage}
        </Button>
      </div>
    </div>
  );
}
