import type { Viewport } from '@xyflow/react';
import { type RefObject, useLayoutEffect, useState } from 'react';
import { boundsOf } from './bounds.ts';
import { firstLook } from './first-look.ts';
import type { FlowNode } from './to-flow.ts';
import { readViewport } from './viewport.ts';

interface Wanted {
  nodes: readonly FlowNode[];
  begin: string | undefined;
  isPassing: boolean;
  pipelineId: string;
  /** Where the picture stood that the canvas takes the place of. */
  look?: Viewport | undefined;
}

/**
 * Where the canvas begins: where this person looked last, else as `firstLook` says. Null until its place has a size, which
 * is before anything is painted, so that nothing is drawn somewhere else first.
 */
export function useFirstLook(place: RefObject<HTMLElement | null>, wanted: Wanted): Viewport | null {
  const { nodes, begin, isPassing, pipelineId } = wanted;
  const [look, setLook] = useState<Viewport | null>(
    () => wanted.look ?? (isPassing ? null : readViewport(pipelineId)),
  );
  useLayoutEffect(() => {
    if (look !== null || !place.current) return undefined;
    const measure = () => {
      const { width = 0, height = 0 } = place.current?.getBoundingClientRect() ?? {};
      if (width === 0 || height === 0) return;
      const first = nodes.filter(({ id }) => id === begin);
      setLook(
        firstLook({
          ...{ box: boundsOf(nodes), window: { width, height }, count: nodes.length },
          begin: first.length === 0 ? undefined : boundsOf(first),
        }),
      );
    };
    measure();
    // On a narrow screen there is no canvas until the window is wide enough.
    const observer = new ResizeObserver(measure);
    observer.observe(place.current);
    return () => observer.disconnect();
  }, [look, place, nodes, begin]);
  return look;
}
