import { z } from 'zod';
import { groupSchema, noteSchema, stageKeySchema } from '../../../server/domain/graph/schema.ts';
import { jsonObjectSchema } from '../../../server/domain/json-shape.ts';
import type { Edit } from './changes.ts';
import { type Clip, pasteClip } from './clipboard.ts';
import type { EditorDocument, Point, Wire } from './document.ts';
import { reachedFrom, wiringOf } from './wiring.ts';
import { refusals } from './words.ts';

/** Config holds references to secrets, never secrets, so it goes as it is. */
const clipSchema = z.strictObject({
  signalbox: z.literal('stages'),
  version: z.literal(1),
  stages: z
    .array(z.intersection(jsonObjectSchema, z.looseObject({ key: stageKeySchema, type: z.string() })))
    .max(2_000),
  dependencies: z
    .array(z.intersection(jsonObjectSchema, z.looseObject({ from: z.string(), to: z.string() })))
    .max(20_000),
  notes: z.array(noteSchema).max(500),
  groups: z.array(groupSchema).max(500),
});

export type Pasted = Edit | { refused: string };

/** What somebody has copied here or elsewhere, or written by hand. */
export function paste(document: EditorDocument, text: string, shift?: Point): Pasted {
  const clip = readClip(text);
  return 'refused' in clip ? clip : pasteClip(document, clip, shift ? { shift } : {});
}

function readClip(text: string): Clip | { refused: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { refused: refusals.notOurs };
  }
  const parsed = clipSchema.safeParse(value);
  if (!parsed.success) return { refused: refusals.notOurs };
  return refuseWrongWires(parsed.data) ?? parsed.data;
}

/** A text that somebody has written by hand may hold what the canvas would never have let them draw. */
function refuseWrongWires({ stages, dependencies }: z.output<typeof clipSchema>): { refused: string } | null {
  const keys = new Set(stages.map(({ key }) => key));
  if (keys.size < stages.length) return { refused: refusals.clipTwice };
  if (dependencies.some(({ from, to }) => !keys.has(from) || !keys.has(to))) {
    return { refused: refusals.clipLoose };
  }
  const { outgoing } = wiringOf({ dependencies: dependencies as Wire[] });
  const circle = stages.find(({ key }) => reachedFrom([key], outgoing).has(key));
  if (!circle) return null;
  return { refused: refusals.clipCircle(circle.key) };
}
