'use client';

import type { Viewport } from '@xyflow/react';
import {
  type KeyboardEvent,
  type RefObject,
  useEffect,
  useEffectEvent,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import { NARROW, useMedia } from '../../ui/use-media.ts';
import { DetailProvider, detailOf } from '../canvas/detail.ts';
import { needsMap } from '../canvas/map-need.ts';
import { createPainter } from '../canvas/to-flow.ts';
import { useFirstLook } from '../canvas/use-first-look.ts';
import { ZoomBar } from '../canvas/zoom-bar.tsx';
import { type CanvasHandle, useEditor } from '../context.ts';
import { useObserved } from '../store/observable.ts';
import { Dots } from './dots.tsx';
import { type Size, StillDrawing } from './still-drawing.tsx';
import { StillMap } from './still-map.tsx';

interface StillCanvasProps {
  label: string;
  /** Where to begin, if not all of it can be read at once. */
  begin: string | undefined;
  /** Where it stands. */
  onLook(look: Viewport): void;
  /** Something was asked for that only the canvas can do. */
  onAsk(act: (canvas: CanvasHandle) => void): void;
}

/** As the buttons of the canvas do. */
const ZOOM_STEP = 1.2;

/** The canvas as it looks before anybody moves it: the same stages at the same places, without what moves and changes them. */
export function StillCanvas({ label, begin, onLook, onAsk }: StillCanvasProps) {
  const { store } = useEditor();
  const document = useObserved(store, (state) => state.document);
  const [paint] = useState(createPainter);
  const picture = useMemo(() => paint(document), [paint, document]);
  const { nodes } = picture;
  const place = useRef<HTMLElement>(null);
  const look = useFirstLook(place, { nodes, begin, isPassing: true, pipelineId: '' });
  const window = useSize(place);
  const tell = useEffectEvent(onLook);
  useEffect(() => {
    if (look) tell(look);
  }, [look]);
  return (
    <section
      ref={place}
      aria-label={label}
      className="relative min-h-0 min-w-0 grow select-none overflow-hidden bg-page"
      onClick={({ target }) => {
        if (!(target as Element).closest('[data-id], button')) store.select([]);
      }}
      onKeyDown={(event) => selectFocused(event, store.select)}
    >
      {look === null || window === null ? null : (
        <>
          <Dots look={look} />
          <DetailProvider value={detailOf(look.zoom, nodes)}>
            <StillDrawing picture={picture} look={look} window={window} />
          </DetailProvider>
          <Aids nodes={nodes} look={look} window={window} onAsk={onAsk} />
        </>
      )}
    </section>
  );
}

interface AidsProps extends Pick<StillCanvasProps, 'onAsk'> {
  nodes: ReturnType<ReturnType<typeof createPainter>>['nodes'];
  look: Viewport;
  window: Size;
}

/** What the canvas has in its corners. */
function Aids({ nodes, look, window, onAsk }: AidsProps) {
  const isNarrow = useMedia(NARROW);
  const isMapWanted = useMemo(() => needsMap(nodes), [nodes]);
  // From afar the picture is its own map, and on a phone there is no room for one.
  const hasMap = !isNarrow && detailOf(look.zoom, nodes) !== 'shape' && isMapWanted(look, window);
  const zoomTo = (zoom: number) => onAsk((canvas) => canvas.zoomTo(zoom));
  return (
    <>
      <div className="absolute bottom-0 left-0 m-[15px]">
        <ZoomBar
          zoom={Math.round(look.zoom * 100)}
          onZoomOut={() => zoomTo(look.zoom / ZOOM_STEP)}
          onZoomIn={() => zoomTo(look.zoom * ZOOM_STEP)}
          onZoomWhole={() => zoomTo(1)}
          onFit={() => onAsk((canvas) => canvas.fit())}
        />
      </div>
      {hasMap ? <StillMap nodes={nodes} look={look} window={window} /> : null}
    </>
  );
}

function selectFocused(event: KeyboardEvent, select: (ids: string[]) => void): void {
  if (event.key !== 'Enter' && event.key !== ' ') return;
  const { id } = (event.target as HTMLElement).dataset;
  if (id === undefined) return;
  event.preventDefault();
  select([id]);
}

function useSize(place: RefObject<HTMLElement | null>): Size | null {
  const [size, setSize] = useState<Size | null>(null);
  useLayoutEffect(() => {
    const element = place.current;
    if (!element) return undefined;
    const measure = () => setSize({ width: element.clientWidth, height: element.clientHeight });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [place]);
  return size;
}
