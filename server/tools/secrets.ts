import { connectDatabase } from '#db/client.ts';
import { createSecretStore } from '#server/identity/secrets/store.ts';
import { readEnv } from '#server/platform/env.ts';
import { secretKeysOf } from '../compose-audit.ts';
import { explain, findDatabase } from './database.ts';

const USAGE = `npm run secrets -- rotate

Seals every secret under the first key of SIGNALBOX_SECRET_KEYS. It can be stopped and begun again at any point, also while
Signalbox runs with the same keys. When it is done, the other keys are needed no more.`;

async function main([command]: string[]): Promise<number> {
  if (command !== 'rotate') {
    console.log(USAGE);
    return command === undefined || command === '--help' ? 0 : 2;
  }
  const keys = secretKeysOf(readEnv(process.env, process.cwd()));
  const sql = connectDatabase({ url: findDatabase(), applicationName: 'signalbox-secrets', max: 1 });
  try {
    const store = createSecretStore(sql, keys);
    await store.checkKeys();
    console.log(`${await store.rotate()} secrets were moved; all are under the key ${keys[0].id} now.`);
    return 0;
  } finally {
    await sql.end({ timeout: 2 });
  }
}

process.exitCode = await main(process.argv.slice(2)).catch((error) => {
  console.error(`✖ ${explain(error)}`);
  return 2;
});
