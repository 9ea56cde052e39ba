import type { Opened } from '#server/domain/engine/large-values.ts';
import type { OrgId, RunId } from '#server/domain/ids.ts';
import type { Json } from '#server/domain/json.ts';
import type { PayloadRef } from '#server/domain/payload-ref.ts';

/** What the engine needs of the object store. Left out: nothing is ever large. */
export interface LargePayloads {
  /** What is larger travels as a reference. */
  readonly inlineMaxBytes: number;
  /** What a task may be given at most. */
  readonly maxBytes: number;
  load(ref: PayloadRef): Promise<Json>;
  storeText(owner: { runId: RunId; orgId: OrgId }, text: string): Promise<PayloadRef>;
  /** Why the value is not to be had, ever; null: the store is only away. */
  whyUnreadable(value: Json, error: unknown): string | null;
}

/** What must be at hand before a run can be decided on: values to open, texts to store. */
export interface RunNeeds {
  orgId: OrgId;
  refs: readonly PayloadRef[];
  texts: readonly string[];
}
export type BatchNeeds = ReadonlyMap<RunId, RunNeeds>;

/** What was fetched for units, and is theirs until they are committed. */
export interface AtHand {
  /** By hash. */
  values: ReadonlyMap<string, Opened>;
  refs: readonly PayloadRef[];
  stored: ReadonlyMap<string, PayloadRef>;
  /** Told by each unit once. */
  letGo(): void;
}
