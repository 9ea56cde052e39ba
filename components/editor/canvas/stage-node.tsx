'use client';

import { Handle, type NodeProps, Position } from '@xyflow/react';
import { memo } from 'react';
import { useDetail } from './detail.ts';
import { StageFace } from './stage-face.tsx';
import type { StageNode as StageNodeType } from './to-flow.ts';

export const StageNode = memo(function StageNode({
  data: { stage, isGone },
  selected,
}: NodeProps<StageNodeType>) {
  const isWhole = useDetail() === 'all';
  return (
    <StageFace stage={stage} isGone={isGone} selected={selected}>
      {isWhole ? <Handle type="target" position={Position.Left} /> : <Anchor type="target" />}
      {isWhole ? <Handle type="source" position={Position.Right} /> : <Anchor type="source" />}
    </StageFace>
  );
});

/** Where wires meet the stage. React Flow looks for it by the class whenever it measures the stage, and draws none without it. */
function Anchor({ type }: { type: 'source' | 'target' }) {
  const [side, place] = type === 'source' ? [Position.Right, 'right-0'] : [Position.Left, 'left-0'];
  return <span aria-hidden data-handlepos={side} className={`${type} absolute top-1/2 size-px ${place}`} />;
}
