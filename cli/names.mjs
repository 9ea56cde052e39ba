// @ts-check
import { listKeys } from './commands/keys.mjs';

/** @import { Client } from '../sdk/typescript/index.mjs' */

const MOST = 200;

/** What the server has that can be named in a command. @satisfies {Record<string, (client: Client) => Promise<string[]>>} */
export const NAMES = {
  /** @param {Client} client */
  pipelines: async (client) =>
    (await client.pipelines.list({ limit: MOST })).pipelines.map(({ name }) => name),
  /** @param {Client} client */
  runs: async (client) => (await client.runs.list({ limit: MOST })).runs.map(({ id }) => id),
  /** @param {Client} client */
  openRuns: async (client) =>
    (await client.runs.list({ limit: MOST, status: ['running', 'paused', 'cancelling'] })).runs.map(
      ({ id }) => id,
    ),
  /** @param {Client} client */
  agents: async (client) => [...new Set((await client.agents.list()).map(({ name }) => name))],
  /** @param {Client} client */
  capabilities: async (client) => [
    ...new Set((await client.agents.list()).flatMap(({ capabilities }) => capabilities)),
  ],
  /** @param {Client} client */
  keys: async (client) => (await listKeys(client)).map(({ name }) => name),
};
