'use client';

import { Panel, useReactFlow, useStore } from '@xyflow/react';
import { Maximize, Minus, Plus, WandSparkles } from 'lucide-react';
import { useState } from 'react';
import { IconButton } from '../../ui/button.tsx';
import { useToast } from '../../ui/toast.tsx';
import { Tooltip } from '../../ui/tooltip.tsx';
import { useEditor } from '../context.ts';
import { words } from '../words.ts';

/** Zoom and order, at the bottom left. */
export function CanvasControls() {
  const { canvas, isReadOnly } = useEditor();
  const flow = useReactFlow();
  const zoom = useStore(({ transform }) => Math.round(transform[2] * 100));
  const toast = useToast();
  const [isBusy, setBusy] = useState(false);
  const tidy = () => {
    setBusy(true);
    (canvas.get()?.layOut() ?? Promise.resolve())
      .catch((error: Error) => toast({ title: error.message, isFailure: true }))
      .finally(() => setBusy(false));
  };
  return (
    <Panel position="bottom-left">
      <div className="flex items-center gap-0.5 rounded-md border border-line bg-card p-0.5 shadow-card">
        <Tooltip text={words.zoomOut} side="top">
          <IconButton label={words.zoomOut} icon={Minus} size="sm" onClick={() => void flow.zoomOut()} />
        </Tooltip>
        <button
          type="button"
          onClick={() => void flow.zoomTo(1)}
          aria-label={words.zoomIs(zoom)}
          className="h-7 w-12 rounded-md text-xs tabular-nums text-quiet hover:bg-hover hover:text-text"
        >
          {zoom} %
        </button>
        <Tooltip text={words.zoomIn} side="top">
          <IconButton label={words.zoomIn} icon={Plus} size="sm" onClick={() => void flow.zoomIn()} />
        </Tooltip>
        <Tooltip text={words.showAllOfIt} keys="1" side="top">
          <IconButton
            label={words.showAllOfIt}
            icon={Maximize}
            size="sm"
            onClick={() => canvas.get()?.fit()}
          />
        </Tooltip>
        {isReadOnly ? null : (
          <Tooltip text={words.tidyUp} keys="l" side="top">
            <IconButton label={words.tidyUp} icon={WandSparkles} size="sm" disabled={isBusy} onClick={tidy} />
          </Tooltip>
        )}
      </div>
    </Panel>
  );
}
