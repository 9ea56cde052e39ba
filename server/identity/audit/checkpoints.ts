import type { Sql } from '#db/client.ts';
import type { CheckpointText, Signer } from './signer.ts';

export interface Checkpointer {
  start(): void;
  stop(): Promise<void>;
  /** Signs every chain that has grown since its last checkpoint. */
  run(): Promise<number>;
}

export interface CheckpointerOptions {
  sql: Sql;
  signer: Signer;
  intervalMs?: number;
  /** Told of each one, to be kept where whoever changes the database cannot reach: the log. */
  onSigned(checkpoint: CheckpointText & { keyId: string; signature: Uint8Array }): void;
  onTrouble(message: string, error: unknown): void;
}

const QUARTER_HOUR_MS = 900_000;

/**
 * A chain shows what was changed within it, but not what was cut off its end; that shows against a checkpoint. Several
 * processes may sign: the first one's row stands.
 */
export function createCheckpointer(options: CheckpointerOptions): Checkpointer {
  const { sql, signer, onTrouble } = options;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<unknown> = Promise.resolve();

  async function run(): Promise<number> {
    const heads = await sql<{ org: string; seq: string; hash: Uint8Array; at: Date }[]>`
      SELECT replace(h.org_id::text, '-', '') AS org, h.seq, h.hash, h.at FROM audit_heads h
      WHERE h.seq > 0 AND NOT EXISTS (SELECT FROM audit_checkpoints c WHERE c.org_id = h.org_id AND c.seq = h.seq)`;
    let signed = 0;
    for (const { org: orgUuid, seq, hash, at } of heads) {
      const text = { orgUuid, seq: Number(seq), hash, at };
      const signature = signer.sign(text);
      const rows = await sql`
        INSERT INTO audit_checkpoints (org_id, seq, hash, at, key_id, signature)
        VALUES (${orgUuid}, ${seq}, ${hash}, ${at}, ${signer.keyId}, ${signature}) ON CONFLICT DO NOTHING RETURNING 1`;
      if (rows.length === 0) continue;
      signed += 1;
      options.onSigned({ ...text, keyId: signer.keyId, signature });
    }
    return signed;
  }

  return {
    start() {
      timer = setInterval(() => {
        running = run().catch((error) =>
          onTrouble('The audit could not be signed; it is tried again.', error),
        );
      }, options.intervalMs ?? QUARTER_HOUR_MS);
      timer.unref();
    },
    async stop() {
      clearInterval(timer);
      await running;
    },
    run,
  };
}
