'use client';

import { Panel, useConnection } from '@xyflow/react';
import { useEditor } from '../context.ts';
import { nameOf } from '../model/items.ts';
import { whyNotConnect } from '../model/wiring.ts';

/** While a wire is held over a stage: why that stage refuses it. */
export function ConnectHint() {
  const { store } = useEditor();
  const held = useConnection((connection) =>
    connection.inProgress && connection.toNode
      ? `${connection.fromHandle.type} ${connection.fromNode.id} ${connection.toNode.id}`
      : null,
  );
  if (held === null) return null;
  const [side, start = '', end = ''] = held.split(' ');
  const [from, to] = side === 'source' ? [start, end] : [end, start];
  const reason = whyNotConnect(store.get().document, nameOf(from), nameOf(to));
  if (reason === null || start === end) return null;
  return (
    <Panel position="bottom-center">
      <p className="rounded-md border border-bad/40 bg-bad-soft px-3 py-1.5 text-sm font-medium text-bad shadow-raised">
        {reason}
      </p>
    </Panel>
  );
}
