import type { Opened } from '#server/domain/engine/large-values.ts';
import type { Json } from '#server/domain/json.ts';
import type { PayloadRef } from '#server/domain/payload-ref.ts';
import { groupByRuns } from './aside.ts';
import type { Unit } from './intake.ts';
import type { BatchNeeds, LargePayloads } from './needs.ts';

export interface Anteroom {
  /** Units that share runs wait together. Their runs stay taken until they come back or have failed. */
  wait(units: readonly Unit[], needs: BatchNeeds): void;
  /** Entries that wait. */
  size(): number;
  /** From now on an outage of the store fails what waits: who reported it will report it again. */
  hurry(): void;
}

export interface AnteroomOptions {
  payloads: LargePayloads;
  onReady(units: readonly Unit[]): void;
  onFailed(units: readonly Unit[], error: unknown): void;
  onTrouble(message: string, error: unknown): void;
}

/** Values in use at once, measured as text: many units that need large ones take turns. */
const IN_USE_BYTES = 256 * 1024 * 1024;
/** What one step may open. An expression that asks for more fails with a sentence instead of the process by its heap. */
const STEP_BYTES = 256 * 1024 * 1024;
const REMEMBERED_BYTES = 64 * 1024 * 1024;
const LONGEST_PAUSE_MS = 2000;

/**
 * Where units wait that cannot be decided on before large values have come from the object store, or have gone there.
 * No lane waits with them: a store that is away holds up those who need it, and nobody else.
 */
export function createAnteroom(options: AnteroomOptions): Anteroom {
  const { payloads } = options;
  const turnstile = createTurnstile(IN_USE_BYTES);
  const remembered = createValueCache(REMEMBERED_BYTES);
  let waiting = 0;
  let isHurried = false;

  async function serve(units: readonly Unit[], needs: BatchNeeds): Promise<void> {
    const before = new Set(units.flatMap((unit) => unit.atHand ?? []));
    // Given back before more is asked for: nobody holds some and waits for the rest.
    for (const unit of units) letGo(unit);
    const asked = [...needs.values()].flatMap(({ refs }) => refs);
    const refs = distinct([...[...before].flatMap((hand) => hand.refs), ...asked]);
    const leave = await turnstile.enter(bytesOf(refs));
    try {
      const stored = new Map([...before].flatMap((hand) => [...hand.stored]));
      const values = await patiently(() => openAll(refs));
      for (const [runId, { orgId, texts }] of needs) {
        for (const text of texts) {
          stored.set(text, await patiently(() => payloads.storeText({ runId, orgId }, text)));
        }
      }
      let holders = units.length;
      const letGoOnce = () => {
        holders -= 1;
        if (holders === 0) leave();
      };
      for (const unit of units) unit.atHand = { values, refs, stored, letGo: letGoOnce };
    } catch (error) {
      leave();
      throw error;
    }
  }

  async function openAll(refs: readonly PayloadRef[]): Promise<Map<string, Opened>> {
    const values = new Map<string, Opened>();
    let bytes = 0;
    for (const ref of refs) {
      bytes += ref.bytes;
      values.set(ref.$object, bytes > STEP_BYTES ? TOO_MUCH : await openOne(ref));
    }
    return values;
  }

  async function openOne(ref: PayloadRef): Promise<Opened> {
    const known = remembered.get(ref.$object);
    if (known !== undefined) return { ok: true, value: known };
    try {
      const value = await payloads.load(ref);
      remembered.put(ref, value);
      return { ok: true, value };
    } catch (error) {
      const why = payloads.whyUnreadable({ ...ref }, error);
      if (why === null) throw error;
      return { ok: false, message: why };
    }
  }

  /** An outage is waited out, as one of the database is. */
  async function patiently<Result>(act: () => Promise<Result>): Promise<Result> {
    for (let tries = 0; ; tries += 1) {
      try {
        return await act();
      } catch (error) {
        if (isHurried) throw error;
        options.onTrouble(
          'The object store did not answer; what needs it waits, and it is asked again.',
          error,
        );
        await pause(Math.min(50 * 2 ** tries, LONGEST_PAUSE_MS));
      }
    }
  }

  return {
    wait(units, needs) {
      for (const group of groupByRuns(units)) {
        const entries = group.reduce((sum, unit) => sum + unit.entries.length, 0);
        waiting += entries;
        const runs = new Set(group.flatMap((unit) => unit.entries.map((entry) => entry.runId)));
        const own = new Map([...needs].filter(([runId]) => runs.has(runId)));
        const done = (tell: () => void): void => {
          waiting -= entries;
          tell();
        };
        serve(group, own).then(
          () => done(() => options.onReady(group)),
          (error) => done(() => options.onFailed(group, error)),
        );
      }
    },
    size: () => waiting,
    hurry() {
      isHurried = true;
    },
  };
}

const TOO_MUCH: Opened = {
  ok: false,
  message: `one step of a run may open ${STEP_BYTES / 1024 / 1024} MiB of values at most.`,
};

export function letGo(unit: Unit): void {
  unit.atHand?.letGo();
  unit.atHand = undefined;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function distinct(refs: readonly PayloadRef[]): PayloadRef[] {
  return [...new Map(refs.map((ref) => [ref.$object, ref])).values()];
}

const bytesOf = (refs: readonly PayloadRef[]): number => refs.reduce((sum, ref) => sum + ref.bytes, 0);

/** Lets in as much as there is room for, in order; what is larger than the room gets in alone. */
function createTurnstile(room: number): { enter(bytes: number): Promise<() => void> } {
  const line: { bytes: number; go: () => void }[] = [];
  let used = 0;
  function next(): void {
    for (let first = line[0]; first && (used === 0 || used + first.bytes <= room); first = line[0]) {
      line.shift();
      used += first.bytes;
      first.go();
    }
  }
  return {
    enter: (bytes) =>
      new Promise((resolve) => {
        const leave = (): void => {
          used -= bytes;
          next();
        };
        line.push({ bytes, go: () => resolve(leave) });
        next();
      }),
  };
}

/** Values by the hash of their text, the least recently used going first. A name never changes what it stands for. */
function createValueCache(maxBytes: number) {
  const values = new Map<string, { value: Json; bytes: number }>();
  let used = 0;
  return {
    get(hash: string): Json | undefined {
      const found = values.get(hash);
      if (!found) return undefined;
      values.delete(hash);
      values.set(hash, found);
      return found.value;
    },
    put({ $object: hash, bytes }: PayloadRef, value: Json): void {
      if (bytes > maxBytes || values.has(hash)) return;
      values.set(hash, { value, bytes });
      used += bytes;
      for (const [oldest, old] of values) {
        if (used <= maxBytes) break;
        values.delete(oldest);
        used -= old.bytes;
      }
    },
  };
}
