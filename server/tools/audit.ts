import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { connectDatabase } from '#db/client.ts';
import { createSigner } from '#server/identity/audit/signer.ts';
import { type KeptCheckpoint, type Verification, verifyAudit } from '#server/identity/audit/verify.ts';
import { readEnv } from '#server/platform/env.ts';
import { secretKeysOf } from '../compose-audit.ts';
import { explain, findDatabase } from './database.ts';

const USAGE = `npm run audit -- [--checkpoints FILE] [--json]

Checks that no entry of the audit was changed, removed or added behind Signalbox's back. Exit code 0: sound, 1: not, 2: it
could not be checked.

  --checkpoints FILE  a log of Signalbox (JSON lines) that was kept elsewhere: its checkpoints show what the database
                      alone cannot, such as entries cut off the end together with the checkpoints
  --json              one JSON object a tenant`;

const checkpointSchema = z.object({
  org: z.string(),
  seq: z.int(),
  hash: z.string(),
  at: z.iso.datetime(),
  key_id: z.string(),
  signature: z.string(),
});

/** The checkpoints in a log; other lines are somebody else's. */
function readCheckpoints(file: string): KeptCheckpoint[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => {
      if (!line.includes('"checkpoint"')) return [];
      const parsed = z.object({ checkpoint: checkpointSchema }).safeParse(JSON.parse(line));
      return parsed.success ? [parsed.data.checkpoint] : [];
    });
}

function describeResult({ orgUuid, entries, checkpoints, fault }: Verification): string {
  if (!fault) return `✔ tenant ${orgUuid}: ${entries} entries are sound, by ${checkpoints} checkpoints.`;
  return `✖ tenant ${orgUuid}: entry ${fault.seq} ${fault.problem}. The ${entries} entries before it are sound.`;
}

async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      checkpoints: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const env = readEnv(process.env, process.cwd());
  const publicKeys = secretKeysOf(env).map((key) => createSigner(key).publicKeyPem);
  const kept = values.checkpoints === undefined ? [] : readCheckpoints(values.checkpoints);
  const sql = connectDatabase({ url: findDatabase(), applicationName: 'signalbox-audit', max: 2 });
  try {
    const tenants = await sql<
      { id: string }[]
    >`SELECT replace(id::text, '-', '') AS id FROM orgs ORDER BY id`;
    let isSound = true;
    for (const { id } of tenants) {
      const result = await verifyAudit(id, { sql, publicKeys, kept });
      isSound &&= result.fault === null;
      console.log(values.json ? JSON.stringify(result) : describeResult(result));
    }
    return isSound ? 0 : 1;
  } finally {
    await sql.end({ timeout: 2 });
  }
}

process.exitCode = await main(process.argv.slice(2)).catch((error) => {
  console.error(`✖ ${explain(error)}`);
  return 2;
});
