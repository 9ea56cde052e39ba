import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readProcessMemory } from '../memory.ts';
import type { Look } from './messages.ts';

/** How this process does. */
export async function lookAtSelf(places: { folder?: string; databaseUrl?: string } = {}): Promise<Look> {
  const cpuMs = readCpuMs();
  const memory = readProcessMemory();
  return {
    ...{ cpuMs, ...memory },
    files: (await readdir('/proc/self/fd').catch(() => [])).length,
    children: await countChildren(),
    databaseConnections: places.databaseUrl === undefined ? 0 : await countLines(places.databaseUrl),
    folders: places.folder === undefined ? 0 : (await readdir(places.folder).catch(() => [])).length,
    lookCpuMs: readCpuMs() - cpuMs,
  };
}

function readCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

async function countChildren(): Promise<number> {
  const text = await readFile(`/proc/self/task/${process.pid}/children`, 'utf8').catch(() => '');
  return text.split(' ').filter((pid) => pid !== '').length;
}

const CONNECTED = '03';

/** Lines that are open to the database's socket: it is the bench's own, and nobody else calls it. */
async function countLines(databaseUrl: string): Promise<number> {
  const { hostname, port } = new URL(databaseUrl);
  const socket = join(decodeURIComponent(hostname), `.s.PGSQL.${port}`);
  const text = await readFile('/proc/net/unix', 'utf8').catch(() => '');
  const isOpen = (line: string) => line.split(/\s+/)[5] === CONNECTED && line.endsWith(` ${socket}`);
  return text.split('\n').filter(isOpen).length;
}
