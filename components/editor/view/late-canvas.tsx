'use client';

import type { Viewport } from '@xyflow/react';
import { useEffect, useEffectEvent, useLayoutEffect, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { latePart } from '../../ui/late.tsx';
import { type CanvasHandle, useEditor } from '../context.ts';
import { useObserved } from '../store/observable.ts';
import { StillCanvas } from './still-canvas.tsx';

const part = latePart(() => import('../canvas/canvas.tsx'));

interface LateCanvasProps {
  label: string;
  begin: string | undefined;
  /** Something is selected from outside, which may be out of sight. */
  isWanted: boolean;
}

/**
 * A picture that becomes the canvas when the pointer or the focus comes to it: what moves and zooms is most of the script
 * of a page that shows a graph, and most who look at one only look. The canvas begins where the picture stood.
 */
export function LateCanvas({ label, begin, isWanted }: LateCanvasProps) {
  const { canvas } = useEditor();
  const place = useRef<HTMLDivElement>(null);
  const [isReal, setReal] = useState(false);
  const [look, setLook] = useState<Viewport>();
  const isPressed = useRef(false);
  const focused = useRef<string>(undefined);
  const asked = useRef<(canvas: CanvasHandle) => void>(undefined);
  // A click is lost that begins on one element and ends on another: so not between the two.
  const settle = () => {
    if (isReal || !part.get() || isPressed.current) return;
    focused.current = focusedIn(place.current);
    setReal(true);
  };
  // Where React would take its time, a click could still come in between.
  const want = () =>
    void part.load().then(
      () => flushSync(settle),
      () => undefined,
    );
  const letGo = () => {
    isPressed.current = false;
    settle();
  };
  const wantIt = useEffectEvent(want);
  useEffect(() => {
    if (isWanted) wantIt();
  }, [isWanted]);
  const handle = useObserved(canvas, (current) => current);
  useLayoutEffect(() => {
    if (isReal && focused.current !== undefined) focusAgain(place.current, focused.current);
  }, [isReal]);
  useEffect(() => {
    if (!handle) return;
    asked.current?.(handle);
    asked.current = undefined;
  }, [handle]);
  const parts = isReal ? part.get() : undefined;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: what is in it can be used; this only sees that it is about to be
    // biome-ignore lint/a11y/useKeyWithClickEvents: the same
    <div
      ref={place}
      className="flex min-h-0 min-w-0 grow"
      onPointerEnter={want}
      onFocus={want}
      onPointerDown={() => {
        isPressed.current = true;
        want();
      }}
      onPointerLeave={letGo}
      onPointerCancel={letGo}
      onClick={letGo}
    >
      {parts ? (
        <parts.Canvas label={label} isPassing begin={begin} look={look} />
      ) : (
        <StillCanvas
          label={label}
          begin={begin}
          onLook={setLook}
          onAsk={(act) => {
            asked.current = act;
            want();
          }}
        />
      )}
    </div>
  );
}

/** The name of the stage that has the focus, or of the button. */
function focusedIn(place: HTMLElement | null): string | undefined {
  const active = document.activeElement;
  if (!(active instanceof HTMLElement) || !place?.contains(active)) return undefined;
  return active.dataset.id === undefined
    ? `button[aria-label="${CSS.escape(active.getAttribute('aria-label') ?? '')}"]`
    : `[data-id="${CSS.escape(active.dataset.id)}"]`;
}

/** Ten seconds and more: on a slow machine it may take some. */
const MOST_FRAMES = 600;

/** The canvas draws its stages some frames after itself. Whoever has gone on to something else meanwhile is left there. */
function focusAgain(place: HTMLElement | null, selector: string, left = MOST_FRAMES): void {
  if (left === 0 || document.activeElement !== document.body) return;
  place?.querySelector<HTMLElement>(selector)?.focus({ preventScroll: true });
  requestAnimationFrame(() => focusAgain(place, selector, left - 1));
}
