'use client';

import { Handle, type NodeProps, Position } from '@xyflow/react';
import { memo } from 'react';
import { GroupFace } from './group-face.tsx';
import type { GroupNode as GroupNodeType } from './to-flow.ts';

export const GroupNode = memo(function GroupNode({
  data: { group, isFolded },
  selected,
}: NodeProps<GroupNodeType>) {
  return (
    <GroupFace group={group} isFolded={isFolded} selected={selected}>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </GroupFace>
  );
});
