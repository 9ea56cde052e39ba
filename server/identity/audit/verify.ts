import type { Sql } from '#db/client.ts';
import { type ChainEntry, type ChainFault, type Checkpoint, checkChain } from './chain.ts';
import { isSigned, keyIdOf } from './signer.ts';

export interface Verification {
  orgUuid: string;
  entries: number;
  checkpoints: number;
  fault: ChainFault | null;
}

/** A checkpoint as it was kept elsewhere: the line of the log. */
export interface KeptCheckpoint {
  org: string;
  seq: number;
  hash: string;
  at: string;
  key_id: string;
  signature: string;
}

const PAGE = 2000;

interface VerifyOptions {
  sql: Sql;
  /** Of every secret key that is still known. */
  publicKeys: readonly string[];
  /** Checkpoints from outside the database, which nobody who changed it could change too. */
  kept?: readonly KeptCheckpoint[];
}

/** Walks the whole chain of a tenant, in pages. */
export async function verifyAudit(orgUuid: string, options: VerifyOptions): Promise<Verification> {
  const { sql } = options;
  const { checkpoints, fault: forged } = await readCheckpoints(orgUuid, options);
  const chain = checkChain(orgUuid, checkpoints);
  let fault = forged;
  for (let after = 0; fault === null; ) {
    const page = await readPage(sql, orgUuid, after);
    for (const entry of page) fault ??= chain.add(entry);
    const last = page.at(-1);
    if (!last) break;
    after = last.seq;
  }
  return {
    orgUuid,
    entries: chain.checked(),
    checkpoints: checkpoints.length,
    fault: fault ?? chain.finish(),
  };
}

async function readPage(sql: Sql, orgUuid: string, after: number): Promise<ChainEntry[]> {
  const rows = await sql<(Omit<ChainEntry, 'seq'> & { seq: string })[]>`
    SELECT seq, at, actor_id AS "actorId", action, target, request_id AS "requestId", body, hash
    FROM audit_entries WHERE org_id = ${orgUuid} AND seq > ${after} ORDER BY seq LIMIT ${PAGE}`;
  return rows.map((row) => ({ ...row, seq: Number(row.seq) }));
}

async function readCheckpoints(
  orgUuid: string,
  { sql, publicKeys, kept = [] }: VerifyOptions,
): Promise<{ checkpoints: Checkpoint[]; fault: ChainFault | null }> {
  const rows = await sql<{ seq: string; hash: Uint8Array; at: Date; keyId: string; signature: Uint8Array }[]>`
    SELECT seq, hash, at, key_id AS "keyId", signature FROM audit_checkpoints WHERE org_id = ${orgUuid} ORDER BY seq`;
  const all = [
    ...rows.map((row) => ({ ...row, seq: Number(row.seq) })),
    ...kept.filter(({ org }) => org === orgUuid).map(fromKept),
  ];
  const known = new Map(publicKeys.map((pem) => [keyIdOf(pem), pem]));
  const checkpoints: Checkpoint[] = [];
  for (const { seq, hash, at, keyId, signature } of all) {
    const publicKey = known.get(keyId);
    // Signed under a secret key that has been retired since: it proves nothing any more, and accuses nobody.
    if (publicKey === undefined) continue;
    if (!isSigned({ orgUuid, seq, hash, at }, signature, publicKey)) {
      return {
        checkpoints,
        fault: { seq, problem: 'has a checkpoint that was not signed by this installation' },
      };
    }
    checkpoints.push({ seq, hash });
  }
  return { checkpoints, fault: null };
}

function fromKept({ seq, hash, at, key_id, signature }: KeptCheckpoint) {
  return {
    seq,
    hash: Buffer.from(hash, 'hex'),
    at: new Date(at),
    keyId: key_id,
    signature: Buffer.from(signature, 'base64'),
  };
}
