'use client';

import { Panel, useConnection, useStoreApi, type XYPosition } from '@xyflow/react';
import { useEditor } from '../context.ts';
import { kindOf, nameOf } from '../model/items.ts';
import { whyNotConnect } from '../model/wiring.ts';
import type { FlowNode } from './to-flow.ts';

/** While a wire is held over a stage, its handle or any other part of it: why that stage refuses it. */
export function ConnectHint() {
  const { store } = useEditor();
  const shape = useStoreApi<FlowNode>();
  const stageAt = ({ x, y }: XYPosition): string | undefined => {
    for (const { id, internals, width = 0, height = 0 } of shape.getState().nodeLookup.values()) {
      const { x: left, y: top } = internals.positionAbsolute;
      const isOver = x >= left && x <= left + width && y >= top && y <= top + height;
      if (isOver && kindOf(id) === 'stage') return id;
    }
    return undefined;
  };
  const held = useConnection((connection) => {
    if (!connection.inProgress) return null;
    const over = connection.toNode?.id ?? stageAt(connection.to);
    return over === undefined ? null : `${connection.fromHandle.type} ${connection.fromNode.id} ${over}`;
  });
  if (held === null) return null;
  const [side, start = '', end = ''] = held.split(' ');
  const [from, to] = side === 'source' ? [start, end] : [end, start];
  const reason = whyNotConnect(store.get().document, nameOf(from), nameOf(to));
  if (reason === null || start === end) return null;
  return (
    <Panel position="top-center">
      <p className="wire-refusal rounded-md border border-bad/40 bg-bad-soft px-3 py-1.5 text-sm font-medium text-bad shadow-raised">
        {reason}
      </p>
    </Panel>
  );
}
