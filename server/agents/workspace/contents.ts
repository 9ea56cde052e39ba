import { createHash } from 'node:crypto';
import { sql } from 'drizzle-orm';
import type { Place } from '#db/queries/workspace-enter.ts';
import type { Stored } from '#db/queries/workspace-write.ts';
import { type DoorDatabase, inTenant } from '#db/tenant.ts';
import type { Payloads } from '#server/agents/payloads.ts';
import { SignalboxError } from '#server/domain/errors.ts';
import { toUuid } from '#server/domain/ids.ts';
import { type HotKey, KEY } from '#server/redis/keys.ts';
import type { HotState } from '#server/redis/port.ts';

/** Text, unless its bytes are none. */
export type Content = { text: string } | { base64: string };

export interface ContentWatch {
  /** Whether hot state had what was asked for. `away`: it could not be asked. */
  looked(result: 'hit' | 'miss' | 'away'): void;
  /** From the commit to the moment when hot state had it; null: it did not take it. */
  synced(seconds: number | null): void;
}

/** What this needs of a file, whichever version it is of. */
export type Kept = Pick<Stored, 'hash' | 'bytes' | 'isText'>;

export interface Contents {
  /** Names it by its hash, and puts it into the object store if it is large. Before it is written. */
  keep(place: Place, content: Content): Promise<Stored>;
  /** As committed just now: hot state is told, and nobody waits for that. */
  share(place: Place, stored: Stored, content: Content): void;
  read(place: Place, kept: Kept): Promise<Content>;
  /** Null for what is no text. */
  readText(place: Place, kept: Kept): Promise<string | null>;
}

export interface ContentsOptions {
  db: DoorDatabase;
  hot: Pick<HotState, 'get' | 'set'>;
  payloads: Pick<Payloads, 'upload' | 'open'>;
  watch: ContentWatch;
  fileMaxBytes: number;
  now(): number;
}

/** Larger ones stand in the object store. */
const INLINE_MAX_BYTES = 32_768;
/** Larger ones are read from where they are: hot state is for what is read often. */
const HOT_MAX_BYTES = 262_144;
const HOT_TTL_MS = 3_600_000;

/**
 * What files hold. Postgres and the object store have all of it; hot state has what was written or read within the last
 * hour. Which version a file has is always asked of Postgres, and contents are named by their hash: so hot state can be
 * emptied, lose a write or answer late, and nobody ever reads what is not so.
 */
export function createContents(options: ContentsOptions): Contents {
  const { db, hot, payloads, watch, fileMaxBytes, now } = options;

  async function lookHot(key: HotKey): Promise<Content | null> {
    try {
      const found = await hot.get(key, HOT_TTL_MS);
      watch.looked(found === null ? 'miss' : 'hit');
      return found === null ? null : unpack(found);
    } catch {
      watch.looked('away');
      return null;
    }
  }

  async function warm({ orgId }: Place, { hash, bytes }: Kept, content: Content): Promise<boolean> {
    if (bytes > HOT_MAX_BYTES) return true;
    try {
      await hot.set(KEY.workspaceContent(orgId, hash), pack(content), HOT_TTL_MS);
      return true;
    } catch {
      return false;
    }
  }

  async function load({ runId, orgId }: Place, { hash, isText }: Kept): Promise<Content> {
    const row = await inTenant(db, orgId, async (tx) => {
      const [found] = await tx.execute<{ content: string | null }>(sql`
        SELECT encode(content, 'base64') AS content FROM workspace_blobs
        WHERE run_id = ${toUuid(runId)}::text::uuid AND hash = ${hash}
          AND org_id = (SELECT current_org())`);
      return found;
    });
    if (!row) throw new Error(`The content ${hash} of ${runId} is not there.`);
    const bytes = row.content === null ? await readAll(payloads, hash) : Buffer.from(row.content, 'base64');
    return isText ? { text: bytes.toString('utf8') } : { base64: bytes.toString('base64') };
  }

  async function read(place: Place, kept: Kept): Promise<Content> {
    const isHot = kept.bytes <= HOT_MAX_BYTES;
    const hit = isHot ? await lookHot(KEY.workspaceContent(place.orgId, kept.hash)) : null;
    if (hit) return hit;
    const content = await load(place, kept);
    if (isHot) await warm(place, kept, content);
    return content;
  }

  return {
    read,
    async keep(place, content) {
      const bytes =
        'text' in content ? Buffer.from(content.text, 'utf8') : Buffer.from(content.base64, 'base64');
      if (bytes.length > fileMaxBytes) throw tooLarge(bytes.length, fileMaxBytes);
      const hash = createHash('sha256').update(bytes).digest('hex');
      const stored = { hash, bytes: bytes.length, isText: 'text' in content };
      if (bytes.length <= INLINE_MAX_BYTES) return { ...stored, inline: bytes.toString('base64') };
      await payloads.upload(place, bytes, { contentType: 'application/octet-stream' });
      return { ...stored, inline: null };
    },
    share(place, stored, content) {
      const since = now();
      void warm(place, stored, content).then((isTaken) =>
        watch.synced(isTaken ? (now() - since) / 1000 : null),
      );
    },
    async readText(place, kept) {
      if (!kept.isText) return null;
      const content = await read(place, kept);
      return 'text' in content ? content.text : null;
    },
  };
}

async function readAll(payloads: Pick<Payloads, 'open'>, hash: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of (await payloads.open(hash)).content) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const pack = (content: Content): string => ('text' in content ? `t${content.text}` : `b${content.base64}`);
const unpack = (packed: string): Content =>
  packed[0] === 't' ? { text: packed.slice(1) } : { base64: packed.slice(1) };

function tooLarge(bytes: number, maxBytes: number): SignalboxError {
  return new SignalboxError('TOO_LARGE', `A file may have ${maxBytes} bytes, and this one has ${bytes}.`, {
    advice: 'Split it, or upload it as an object of the task and write down its reference.',
    details: { bytes, maxBytes },
  });
}
