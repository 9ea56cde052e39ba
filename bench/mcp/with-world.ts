import { chmod, mkdir, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import type { Leftovers } from '../pass.ts';
import type { Result } from '../report.ts';
import type { Service } from '../service-process.ts';
import { createServiceSet } from '../services.ts';
import type { ServiceNeed } from '../subject.ts';
import { type McpWorld, startMcpWorld } from './world.ts';

export interface WorldWish {
  /** As it is shown while it runs, and in the name of its folder. */
  name: string;
  hasRedis?: boolean;
}

/** A world on servers of its own, for as long as the measuring takes. Nothing of it is left, however that ends. */
export async function withMcpWorld(
  leftovers: Leftovers,
  { name, hasRedis = false }: WorldWish,
  measure: (world: McpWorld, setting: string) => Promise<Result[]>,
): Promise<Result[]> {
  const home = await mkdtemp(join(leftovers.rootDir, `${name}-`));
  // Postgres runs as another OS user and has to reach its folder in here.
  await chmod(home, 0o755);
  const services = createServiceSet(join(home, 'servers'), leftovers.guardian);
  leftovers.services.add(services);
  process.stdout.write(`${name} ...`);
  try {
    const needs: ServiceNeed[] = [
      { kind: 'postgres' },
      ...(hasRedis ? [{ kind: 'redis', persistence: 'none' } as const] : []),
    ];
    const started: Service[] = [];
    for (const need of needs) started.push(await services.start(need));
    const urlOf = (kind: string) => started.find((service) => service.kind === kind)?.url;
    const redisUrl = urlOf('redis');
    const dataDir = join(home, 'data');
    await mkdir(dataDir);
    const world = await startMcpWorld({
      ...{ databaseUrl: urlOf('postgres') ?? '', dataDir, processes: leftovers.processes },
      settings: redisUrl === undefined ? {} : { REDIS_URL: redisUrl },
    });
    try {
      return await measure(world, started.map(({ kind, setting }) => `${kind}: ${setting}`).join('; '));
    } finally {
      await world.stop();
    }
  } finally {
    await services.stop();
    leftovers.services.delete(services);
    process.stdout.write('\n');
  }
}
