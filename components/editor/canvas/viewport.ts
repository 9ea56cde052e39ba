import type { Viewport } from '@xyflow/react';
import { z } from 'zod';

const viewportSchema = z.object({ x: z.number(), y: z.number(), zoom: z.number().min(0.01).max(10) });

const keyOf = (pipelineId: string) => `signalbox.view.${pipelineId}`;

/** Where this person looked last. It is theirs and no part of the pipeline, so it stays in the browser. */
export function readViewport(pipelineId: string): Viewport | null {
  try {
    return viewportSchema.parse(JSON.parse(localStorage.getItem(keyOf(pipelineId)) ?? ''));
  } catch {
    return null;
  }
}

export function writeViewport(pipelineId: string, viewport: Viewport): void {
  try {
    localStorage.setItem(keyOf(pipelineId), JSON.stringify(viewport));
  } catch {
    // A full or forbidden storage costs nothing but the place.
  }
}
