/** Starts a private server as the harness does, tells where it is, and waits to be killed. */
import { join } from 'node:path';
import { startGuardian } from '../guardian.ts';
import { createServiceSet } from '../services.ts';

const dir = process.argv[2] ?? '';
const services = createServiceSet(join(dir, 'servers'), startGuardian(dir));
const { pids, url } = await services.start({ kind: 'redis', persistence: 'everysec' });
process.send?.([pids[0], Number(new URL(url).port)]);
setInterval(() => {}, 60_000);
