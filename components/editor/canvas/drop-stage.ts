import type { DragEvent } from 'react';
import type { Editor } from '../context.ts';
import { addStage, spliceStage } from '../model/edits/stages.ts';
import { STAGE_SIZE } from '../model/layers.ts';

/** What the palette hands to the canvas. */
export const DRAGGED_CAPABILITY = 'application/x-signalbox-capability';

/** Where it is dropped; on a wire, into it. */
export function dropStage({ store, canvas, isReadOnly }: Editor, event: DragEvent): void {
  const type = event.dataTransfer.getData(DRAGGED_CAPABILITY);
  const point = canvas.get()?.toCanvas({ x: event.clientX, y: event.clientY });
  if (type === '' || !point || isReadOnly) return;
  event.preventDefault();
  const at = { x: point.x - STAGE_SIZE.width / 2, y: point.y - STAGE_SIZE.height / 2 };
  const wire = window.document
    .elementsFromPoint(event.clientX, event.clientY)
    .map((element) => element.closest<HTMLElement>('.react-flow__edge')?.dataset.id)
    .find((id) => id?.startsWith('wire:'));
  const { document } = store.get();
  store.perform(
    (wire === undefined ? null : spliceStage(document, wire, { type, at })) ??
      addStage(document, { type, at }),
  );
}
