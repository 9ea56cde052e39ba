import { Maximize, Minus, Plus } from 'lucide-react';
import type { ReactNode } from 'react';
import { IconButton } from '../../ui/button.tsx';
import { Tooltip } from '../../ui/tooltip.tsx';
import { words } from '../words.ts';

interface ZoomBarProps {
  /** In percent. */
  zoom: number;
  onZoomOut(): void;
  onZoomIn(): void;
  onZoomWhole(): void;
  onFit(): void;
  children?: ReactNode;
}

export function ZoomBar({ zoom, onZoomOut, onZoomIn, onZoomWhole, onFit, children }: ZoomBarProps) {
  return (
    <div className="flex items-center gap-0.5 rounded-md border border-line bg-card p-0.5 shadow-card">
      <Tooltip text={words.zoomOut} side="top">
        <IconButton label={words.zoomOut} icon={Minus} size="sm" onClick={onZoomOut} />
      </Tooltip>
      <button
        type="button"
        onClick={onZoomWhole}
        aria-label={words.zoomIs(zoom)}
        className="h-7 pointer-coarse:h-9 w-12 rounded-md text-xs tabular-nums text-quiet hover:bg-hover hover:text-text"
      >
        {zoom} %
      </button>
      <Tooltip text={words.zoomIn} side="top">
        <IconButton label={words.zoomIn} icon={Plus} size="sm" onClick={onZoomIn} />
      </Tooltip>
      <Tooltip text={words.showAllOfIt} keys="1" side="top">
        <IconButton label={words.showAllOfIt} icon={Maximize} size="sm" onClick={onFit} />
      </Tooltip>
      {children}
    </div>
  );
}
