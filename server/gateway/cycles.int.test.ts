import { Server } from '@modelcontextprotocol/server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '#server/testing/faults/until.ts';
import { type McpRig, startMcpRig } from '#server/testing/mcp-rig.ts';
import { startGeneration } from '#server/testing/mcp-two-generations.ts';

let rig: McpRig;
beforeAll(async () => {
  rig = await startMcpRig();
});
afterAll(() => rig[Symbol.asyncDispose]());

const CYCLES = 40;
const AT_ONCE = 4;

/** Lines, timers and the like that this process holds. */
const held = () => Object.groupBy(process.getActiveResourcesInfo(), (kind) => kind);
const count = () => Object.values(held()).reduce((sum, all) => sum + (all?.length ?? 0), 0);

const answering = () => {
  const server = new Server({ name: 'cycled', version: '1' }, { capabilities: { tools: {} } });
  server.setRequestHandler('tools/list', () => ({
    tools: [{ name: 'say', inputSchema: { type: 'object' as const } }],
  }));
  server.setRequestHandler('tools/call', () => ({ content: [{ type: 'text' as const, text: 'yes' }] }));
  return server;
};

test.each(['2025', '2026'] as const)(
  'however often a server of %s is connected, called and disconnected, nothing of it is left',
  async (generation) => {
    await using upstream = await startGeneration(generation, answering);
    const cycle = async (slug: string) => {
      const id = await rig.join({ slug, url: upstream.url, headers: { authorization: 'Bearer a-key' } });
      expect((await rig.call(`${slug}__say`)).status).toBe(200);
      await rig.ask(`/connections/${id}`, undefined, 'DELETE');
    };
    const go = async (name: string, times: number) => {
      for (let at = 0; at < times; at += AT_ONCE)
        await Promise.all(
          Array.from({ length: AT_ONCE }, (_, one) => cycle(`${name}-${generation}-${at + one}`)),
        );
    };
    // Pools fill at first.
    await go('warm', 2 * AT_ONCE);
    const before = count();
    await go('cycled', CYCLES);
    // One for each cycle would be many more.
    await until('lines and timers are given back', async () => count() < before + CYCLES / 2);
    const { sql } = rig.http.program.database;
    for (const table of ['mcp_connections', 'mcp_tools', 'mcp_health', 'secrets'])
      expect([table, (await sql.unsafe(`SELECT 1 FROM ${table}`)).length]).toEqual([table, 0]);
  },
);
