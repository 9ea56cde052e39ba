// @ts-check
import { listKeys } from './commands/keys.mjs';

/** @import { Client, RunQuery } from '../sdk/typescript/index.mjs' */

const MOST = 200;
/** As the server takes it. */
const ID_PREFIX = /^(run_)?[0-9a-f]{1,32}$/;

/**
 * The newest runs whose id begins so.
 * @param {Client} client @param {string} typed @param {RunQuery} [filter]
 */
async function runIds(client, typed, filter = {}) {
  const beginning = ID_PREFIX.test(typed) ? { id_prefix: typed } : {};
  const { runs } = await client.runs.list({ ...filter, ...beginning, limit: MOST });
  return runs.map(({ id }) => id);
}

/**
 * What the server has that can be named in a command. Of what there may be very many of, it is asked for what fits the
 * beginning that was typed.
 * @satisfies {Record<string, (client: Client, typed: string) => Promise<string[]>>}
 */
export const NAMES = {
  /** @param {Client} client @param {string} typed */
  pipelines: async (client, typed) =>
    (await client.pipelines.list({ limit: MOST, ...(typed ? { search: typed } : {}) })).pipelines.map(
      ({ name }) => name,
    ),
  /** @param {Client} client @param {string} typed */
  runs: (client, typed) => runIds(client, typed),
  /** @param {Client} client @param {string} typed */
  openRuns: (client, typed) => runIds(client, typed, { status: ['running', 'paused', 'cancelling'] }),
  /** @param {Client} client */
  agents: async (client) => [...new Set((await client.agents.list()).map(({ name }) => name))],
  /** @param {Client} client */
  capabilities: async (client) => [
    ...new Set((await client.agents.list()).flatMap(({ capabilities }) => capabilities)),
  ],
  /** @param {Client} client */
  keys: async (client) => (await listKeys(client)).map(({ name }) => name),
};
