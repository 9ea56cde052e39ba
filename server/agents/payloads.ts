import type { Sql } from '#db/client.ts';
import type { Outcome } from '#server/domain/engine/happenings.ts';
import { SignalboxError } from '#server/domain/errors.ts';
import { type OrgId, type RunId, toUuid } from '#server/domain/ids.ts';
import {
  isJsonObject,
  type Json,
  type JsonObject,
  measureJson,
  parseJsonBounded,
  setOwn,
} from '#server/domain/json.ts';
import type { ObjectStore } from '#server/platform/object-store/port.ts';
import type { ArtefactAccess, ArtefactRef } from './agent.ts';

/**
 * The one place where a payload becomes a reference: small ones stay as they are, larger ones go to the object store,
 * and what is too large is refused. The engine, the broker and the rows see nothing large.
 */
export interface Payloads {
  /** TOO_LARGE past the limit. */
  shrink(value: Json): Shrunk | Promise<Shrunk>;
  /** Which runs still need an object: retention deletes it with the last of them. The run must exist, and be the tenant's. */
  remember(run: { id: RunId; orgId: OrgId }, refs: readonly ArtefactRef[]): Promise<void>;
  /** An output that cannot be kept is a failed attempt, not a fault of ours. */
  keepOutcome(run: { id: RunId; orgId: OrgId }, outcome: Outcome): Outcome | Promise<Outcome>;
  /** What an agent is given: the payloads behind references that `shrink` made. Files of agents stay references. */
  expand(value: Json): Json | Promise<Json>;
  artefacts: ArtefactAccess;
}

/** Marks a reference that stands for the value itself, which an agent's own JSON file does not. */
export const PAYLOAD_NAME = 'signalbox-payload.json';

export interface Shrunk {
  value: Json;
  refs: ArtefactRef[];
}

export interface PayloadOptions {
  sql: Sql;
  objects: ObjectStore;
  inlineMaxBytes: number;
  maxBytes: number;
}

export const MAX_PAYLOAD_DEPTH = 100;
const MAX_REFS = 1_000;

export function createPayloads({ sql, objects, inlineMaxBytes, maxBytes }: PayloadOptions): Payloads {
  async function remember(
    { id, orgId }: { id: RunId; orgId: OrgId },
    refs: readonly ArtefactRef[],
  ): Promise<void> {
    if (refs.length === 0) return;
    const rows = refs.map((ref) => ({ hash: ref.$object, bytes: ref.bytes, type: ref.contentType }));
    await sql`
      INSERT INTO run_objects (run_id, hash, org_id, bytes, content_type)
      SELECT DISTINCT ON (o.hash) r.id, o.hash, r.org_id, o.bytes, o.type
      FROM json_to_recordset(${JSON.stringify(rows)}::text::json) AS o (hash text, bytes bigint, type text)
      JOIN runs r ON r.id = ${toUuid(id)}::text::uuid AND r.org_id = ${toUuid(orgId)}::text::uuid
      ON CONFLICT (run_id, hash) DO NOTHING`;
  }

  function shrink(value: Json): Shrunk | Promise<Shrunk> {
    const measured = measureJson(value, { maxBytes, maxDepth: MAX_PAYLOAD_DEPTH });
    if (!measured.ok) throw refuse(measured.problem.code, measured.problem.message);
    const refs = findRefs(value);
    if (measured.bytes <= inlineMaxBytes) return { value, refs };
    return objects.put(Buffer.from(JSON.stringify(value))).then((stored) => {
      const ref: ArtefactRef = {
        $object: stored.hash,
        bytes: stored.bytes,
        contentType: 'application/json',
        name: PAYLOAD_NAME,
      };
      return { value: { ...ref }, refs: [ref, ...refs] };
    });
  }

  return {
    shrink,
    expand: createExpander(objects, maxBytes),
    remember,
    keepOutcome(run, outcome) {
      if (!('output' in outcome)) return outcome;
      try {
        const shrunk = shrink(outcome.output);
        // What is small and refers to nothing goes on at once: most hops are like that.
        if (!(shrunk instanceof Promise) && shrunk.refs.length === 0) return outcome;
        return Promise.resolve(shrunk).then(async ({ value, refs }) => {
          await remember(run, refs);
          return { ...outcome, output: value };
        });
      } catch (error) {
        if (!(error instanceof SignalboxError)) throw error;
        return {
          status: 'failed',
          error: { class: 'invalid-output', code: 'OUTPUT_REFUSED', message: error.message },
        };
      }
    },
    artefacts: {
      async put(content, { contentType, name }) {
        const { hash, bytes } = await objects.put(content);
        return { $object: hash, bytes, contentType, ...(name === undefined ? {} : { name }) };
      },
      get: (ref) => objects.get(ref.$object),
    },
  };
}

/** Puts the values back that `shrink` took out, up to the same limit for all of them together. */
function createExpander(objects: ObjectStore, maxBytes: number): Payloads['expand'] {
  async function load(ref: ArtefactRef, budget: { bytes: number }): Promise<Json> {
    budget.bytes -= ref.bytes;
    if (budget.bytes < 0) throw refuse('too-large', `Its parts have more than ${maxBytes} bytes together.`);
    const parsed = parseJsonBounded(Buffer.from(await objects.get(ref.$object)).toString('utf8'), {
      maxBytes,
      maxDepth: MAX_PAYLOAD_DEPTH,
    });
    if (!parsed.ok) throw refuse(parsed.problem.code, parsed.problem.message);
    return parsed.value;
  }

  /** As deep as inputs can nest, which the doors limit. */
  async function expandWithin(value: Json, budget: { bytes: number }): Promise<Json> {
    if (Array.isArray(value)) return Promise.all(value.map((item) => expandWithin(item, budget)));
    if (!isJsonObject(value)) return value;
    if (isRef(value))
      return value.name === PAYLOAD_NAME ? load(value as unknown as ArtefactRef, budget) : value;
    const expanded: JsonObject = {};
    for (const [key, part] of Object.entries(value)) setOwn(expanded, key, await expandWithin(part, budget));
    return expanded;
  }

  return (value) => {
    const isShrunk = findRefs(value).some((ref) => ref.name === PAYLOAD_NAME);
    return isShrunk ? expandWithin(value, { bytes: maxBytes }) : value;
  };
}

function refuse(code: string, message: string): SignalboxError {
  return new SignalboxError(
    code === 'not-json' ? 'INVALID' : 'TOO_LARGE',
    `The payload cannot be taken. ${message}`,
    {
      advice: 'Split it, or raise SIGNALBOX_PAYLOAD_MAX.',
    },
  );
}

function isRef(value: JsonObject): boolean {
  return (
    typeof value.$object === 'string' &&
    typeof value.bytes === 'number' &&
    typeof value.contentType === 'string'
  );
}

/** Every reference within a value, without recursion and up to a limit. */
export function findRefs(root: Json): ArtefactRef[] {
  const refs: ArtefactRef[] = [];
  const stack: Json[] = [root];
  while (stack.length > 0 && refs.length < MAX_REFS) {
    const value = stack.pop();
    if (Array.isArray(value)) stack.push(...value);
    else if (isJsonObject(value)) {
      if (isRef(value)) refs.push(value as unknown as ArtefactRef);
      else stack.push(...Object.values(value));
    }
  }
  return refs;
}
