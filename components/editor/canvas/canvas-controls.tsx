'use client';

import { Panel, useReactFlow, useStore } from '@xyflow/react';
import { WandSparkles } from 'lucide-react';
import { useState } from 'react';
import { IconButton } from '../../ui/button.tsx';
import { useToast } from '../../ui/toast.tsx';
import { Tooltip } from '../../ui/tooltip.tsx';
import { useEditor } from '../context.ts';
import { words } from '../words.ts';
import { ZoomBar } from './zoom-bar.tsx';

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
      <ZoomBar
        zoom={zoom}
        onZoomOut={() => void flow.zoomOut()}
        onZoomIn={() => void flow.zoomIn()}
        onZoomWhole={() => void flow.zoomTo(1)}
        onFit={() => canvas.get()?.fit()}
      >
        {isReadOnly ? null : (
          <Tooltip text={words.tidyUp} keys="l" side="top">
            <IconButton label={words.tidyUp} icon={WandSparkles} size="sm" disabled={isBusy} onClick={tidy} />
          </Tooltip>
        )}
      </ZoomBar>
    </Panel>
  );
}
