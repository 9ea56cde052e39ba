import { join } from 'node:path';
import { toUuid } from '#server/domain/ids.ts';
import { type Checkpointer, createCheckpointer } from '#server/identity/audit/checkpoints.ts';
import { createAuditJournal } from '#server/identity/audit/journal.ts';
import { auditNote } from '#server/identity/audit/note.ts';
import { createSigner } from '#server/identity/audit/signer.ts';
import { verifyAudit } from '#server/identity/audit/verify.ts';
import { type SecretKeys, toSecretKeys } from '#server/identity/secrets/keys.ts';
import { createSecretStore, type SecretStore } from '#server/identity/secrets/store.ts';
import type { Env } from '#server/platform/env.ts';
import type { Logger } from '#server/platform/logger.ts';
import { readOrCreateSecret } from '#server/platform/secret-file.ts';
import type { Services } from '#server/services/context.ts';
import type { Ports } from './compose-ports.ts';

export interface Records extends Pick<Services, 'record' | 'auditor'> {
  secrets: SecretStore;
  checkpointer: Checkpointer;
}

export function secretKeysOf(env: Env): SecretKeys {
  return toSecretKeys(env.secretKeys, () => readOrCreateSecret(join(env.dataDir, 'secret-key')));
}

/** What is kept of who did what, and what is kept so that nobody can read it: both rest on the secret keys. */
export async function openRecords(env: Env, ports: Ports, logger: Logger): Promise<Records> {
  const { beatSql: sql } = ports;
  const keys = secretKeysOf(env);
  const secrets = createSecretStore(sql, keys);
  await secrets.checkKeys();
  const onTrouble = (message: string, error: unknown) => logger.error({ err: error }, message);
  const journal = createAuditJournal({ sql, onTrouble });
  const checkpointer = createCheckpointer({
    sql,
    signer: createSigner(keys[0]),
    onSigned({ orgUuid, seq, hash, at, keyId, signature }) {
      const checkpoint = {
        org: orgUuid,
        seq,
        hash: Buffer.from(hash).toString('hex'),
        at: at.toISOString(),
        key_id: keyId,
        signature: Buffer.from(signature).toString('base64'),
      };
      logger.info({ checkpoint }, 'audit checkpoint');
    },
    onTrouble,
  });
  const publicKeys = keys.map((key) => createSigner(key).publicKeyPem);
  return {
    secrets,
    checkpointer,
    record: (actor, action, what) => journal.write(auditNote(actor, action, what)),
    auditor: { verify: (orgId) => verifyAudit(toUuid(orgId), { sql, publicKeys }) },
  };
}
