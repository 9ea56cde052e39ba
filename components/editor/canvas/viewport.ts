import type { Viewport } from '@xyflow/react';
import { isJsonObject, type Json } from '../../../server/domain/json.ts';

const keyOf = (pipelineId: string) => `signalbox.view.${pipelineId}`;

/** Where this person looked last. It is theirs and no part of the pipeline, so it stays in the browser. */
export function readViewport(pipelineId: string): Viewport | null {
  try {
    return toViewport(JSON.parse(localStorage.getItem(keyOf(pipelineId)) ?? 'null'));
  } catch {
    return null;
  }
}

function toViewport(kept: Json): Viewport | null {
  if (!isJsonObject(kept)) return null;
  const { x, y, zoom } = kept;
  if (typeof x !== 'number' || typeof y !== 'number' || typeof zoom !== 'number') return null;
  return zoom >= 0.01 && zoom <= 10 ? { x, y, zoom } : null;
}

export function writeViewport(pipelineId: string, viewport: Viewport): void {
  try {
    localStorage.setItem(keyOf(pipelineId), JSON.stringify(viewport));
  } catch {
    // A full or forbidden storage costs nothing but the place.
  }
}
