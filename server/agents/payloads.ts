import { setTimeout as sleep } from 'node:timers/promises';
import type { Sql } from '#db/client.ts';
import { findOrgOfRun, forgetUnborn, registerObject, rememberObjects } from '#db/queries/stored-objects.ts';
import type { Outcome } from '#server/domain/engine/happenings.ts';
import { invalid, notFound, SignalboxError } from '#server/domain/errors.ts';
import { fromUuid, type OrgId, type RunId } from '#server/domain/ids.ts';
import { type Json, measureJson } from '#server/domain/json.ts';
import {
  findRefs,
  MAX_REFS,
  PAYLOAD_NAME,
  type PayloadRef,
  payloadRefOf,
} from '#server/domain/payload-ref.ts';
import type { ObjectContent, ObjectStore, StoredObject } from '#server/platform/object-store/port.ts';
import type { ArtefactsOfRun } from './agent.ts';
import { createExpander, MAX_PAYLOAD_DEPTH, refusePayload, whyUnreadable } from './payload-expander.ts';
import { encodeText } from './payload-text.ts';

/**
 * The one place where a payload becomes a reference: small ones stay as they are, larger ones go to the object store,
 * and what is too large is refused. The engine, the broker and the rows see nothing large.
 */
export interface Payloads {
  /** TOO_LARGE past the limit. */
  shrink(orgId: OrgId, value: Json): Shrunk | Promise<Shrunk>;
  /**
   * Which runs still need an object: it goes with the last of them. Before anything refers to it, so that nothing ever
   * refers to what may be collected. INVALID for an object that the tenant has not stored.
   */
  remember(owner: PayloadOwner, refs: readonly PayloadRef[]): Promise<void>;
  /** What was remembered for a run that was not to be. */
  forgetUnborn(runId: RunId): Promise<void>;
  /** An output that cannot be kept is a failed attempt, not a fault of ours. */
  keepOutcome(owner: PayloadOwner, outcome: Outcome): Outcome | Promise<Outcome>;
  /** What an agent is given: the payloads behind references that `shrink` made. Files of agents stay references. */
  expand(value: Json): Json | Promise<Json>;
  /** The value behind one reference that `shrink` made. */
  load(ref: PayloadRef): Promise<Json>;
  /** Why a value cannot be given to anybody, however often it is asked for; null when the store is only away. */
  whyUnreadable(value: Json, error: unknown): string | null;
  /** A file for a run that is there. */
  upload(owner: PayloadOwner, content: ObjectContent, about: About): Promise<PayloadRef>;
  /** A value that the engine has built, as JSON. The run may be about to be born. */
  storeText(owner: PayloadOwner, text: string): Promise<PayloadRef>;
  /** For what need not fit in memory. */
  open(hash: string): ReturnType<ObjectStore['open']>;
  artefactsOf: ArtefactsOfRun;
  readonly inlineMaxBytes: number;
  readonly maxBytes: number;
}

export interface PayloadOwner {
  runId: RunId;
  orgId: OrgId;
}

export interface About {
  contentType: string;
  name?: string;
}

export interface Shrunk {
  value: Json;
  refs: readonly PayloadRef[];
}

export interface PayloadOptions {
  sql: Sql;
  objects: ObjectStore;
  inlineMaxBytes: number;
  maxBytes: number;
  /** How long to wait for the collector to be done with an object that is stored again. */
  doomPatienceMs?: number;
}

const DOOM_LOOK_MS = 50;
const NO_REFS: readonly PayloadRef[] = [];

export function createPayloads(options: PayloadOptions): Payloads {
  const { sql, objects, inlineMaxBytes, maxBytes } = options;
  const patienceMs = options.doomPatienceMs ?? 10_000;
  const { expand, load } = createExpander(objects, maxBytes);

  async function announce(orgId: OrgId, object: StoredObject): Promise<void> {
    const until = performance.now() + patienceMs;
    while (!(await registerObject(sql, orgId, object))) {
      if (performance.now() >= until) {
        throw new SignalboxError('UNAVAILABLE', `The object ${object.hash} is just being deleted.`, {
          advice: 'Try again in a moment.',
          details: { retryAfterSeconds: 5 },
        });
      }
      await sleep(DOOM_LOOK_MS);
    }
  }

  async function store(orgId: OrgId, content: ObjectContent, about: About): Promise<PayloadRef> {
    const { hash, bytes } = await objects.put(content, (object) => announce(orgId, object));
    const { contentType, name } = about;
    return { $object: hash, bytes, contentType, ...(name === undefined ? {} : { name }) };
  }

  async function remember(owner: PayloadOwner, refs: readonly PayloadRef[]): Promise<void> {
    if (refs.length === 0) return;
    const [missing] = await rememberObjects(sql, owner, refs);
    if (missing === undefined) return;
    throw invalid(
      `It refers to the object ${missing}, which is not there, or not as the reference says.`,
      { objects: [missing] },
      'Upload it first, and refer to it as the upload was answered.',
    );
  }

  const storeJson = (orgId: OrgId, text: string): Promise<PayloadRef> =>
    store(orgId, encodeText(text), { contentType: 'application/json', name: PAYLOAD_NAME });

  function shrink(orgId: OrgId, value: Json): Shrunk | Promise<Shrunk> {
    const measured = measureJson(value, { maxBytes, maxDepth: MAX_PAYLOAD_DEPTH });
    if (!measured.ok) throw refusePayload(measured.problem.code, measured.problem.message);
    // Most values are no containers of anything, or refer to nothing: they go on as they are.
    const refs = typeof value === 'object' && value !== null ? findRefs(value) : NO_REFS;
    if (refs === null) throw refusePayload('too-large', `It refers to more than ${MAX_REFS} objects.`);
    if (measured.bytes <= inlineMaxBytes) return { value, refs };
    return storeJson(orgId, JSON.stringify(value)).then((ref) => ({
      value: { ...ref },
      refs: [ref, ...refs],
    }));
  }

  async function upload(owner: PayloadOwner, content: ObjectContent, about: About): Promise<PayloadRef> {
    const ref = await store(owner.orgId, content, about);
    await remember(owner, [ref]);
    return ref;
  }

  return {
    shrink,
    expand,
    load,
    remember,
    upload,
    whyUnreadable,
    inlineMaxBytes,
    maxBytes,
    forgetUnborn: (runId) => forgetUnborn(sql, runId),
    keepOutcome: (owner, outcome) => keepOutcome({ shrink, remember }, owner, outcome),
    async storeText(owner, text) {
      const ref = await storeJson(owner.orgId, text);
      await remember(owner, [ref]);
      return ref;
    },
    open: (hash) => objects.open(hash),
    artefactsOf: (runId) => ({
      async put(content, about) {
        const orgId = await findOrgOfRun(sql, runId);
        if (orgId === null) throw notFound('run', runId);
        return upload({ runId, orgId: fromUuid('org', orgId) }, content, about);
      },
      get: (ref) => objects.get(ref.$object),
    }),
  };
}

type Keeper = Pick<Payloads, 'shrink' | 'remember'>;

function keepOutcome(
  { shrink, remember }: Keeper,
  owner: PayloadOwner,
  outcome: Outcome,
): Outcome | Promise<Outcome> {
  if (!('output' in outcome)) return outcome;
  try {
    const shrunk = shrink(owner.orgId, outcome.output);
    // What is small and refers to nothing goes on at once: most hops are like that.
    if (!(shrunk instanceof Promise) && shrunk.refs.length === 0) return outcome;
    return keep(Promise.resolve(shrunk), { remember }, owner).catch(refusedOutcome);
  } catch (error) {
    return refusedOutcome(error);
  }
}

async function keep(
  shrunk: Promise<Shrunk>,
  { remember }: Pick<Keeper, 'remember'>,
  owner: PayloadOwner,
): Promise<Outcome> {
  const { value, refs } = await shrunk;
  await remember(owner, refs);
  return { status: 'succeeded', output: value };
}

/** The output is to blame; anything else is an outage, and whoever reports is to report again. */
function refusedOutcome(error: unknown): Outcome {
  if (!(error instanceof SignalboxError) || !(error.code === 'TOO_LARGE' || error.code === 'INVALID'))
    throw error;
  const message = error.message;
  return { status: 'failed', error: { class: 'invalid-output', code: 'OUTPUT_REFUSED', message } };
}

/** Bytes that expanding the value would load. */
export function bytesBehind(value: Json): number {
  return (findRefs(value) ?? []).reduce((sum, ref) => sum + (payloadRefOf({ ...ref }) ? ref.bytes : 0), 0);
}
