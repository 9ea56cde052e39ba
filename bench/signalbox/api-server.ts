/** One process of Signalbox with all roles, as `npm start` makes it, without pages; says where it listens and what it costs. */
import { readEnv } from '#server/platform/env.ts';
import { openInstallation } from '#server/tools/seed/installation.ts';

const { databaseUrl, dataDir } = JSON.parse(process.argv[2] ?? '{}');
// Callers of this machine are not limited, so what is measured is the work.
const env = readEnv({ DATABASE_URL: databaseUrl, SIGNALBOX_DATA_DIR: dataDir }, dataDir);
const { origin, token, close } = await openInstallation(env);
process.on('disconnect', () => process.exit());
process.on('message', async (message) => {
  if (message === 'cpu') {
    const { user, system } = process.cpuUsage();
    process.send?.((user + system) / 1000);
    return;
  }
  await close();
  process.send?.('closed');
  process.disconnect();
});
process.send?.({ origin, token });
