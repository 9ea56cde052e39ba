// @ts-check
/** @import { Command } from '../usage.mjs' */

/** @type {Command} */
export const agents = {
  about: 'who is there, what they offer, and how they are',
  async run({ client, out }) {
    out.list(await client().agents.list(), {
      name: ({ name }) => name,
      instance: ({ instance }) => instance,
      status: ({ status, reason }) => (reason ? `${status} (${reason})` : status),
      load: ({ current_load }) => `${Math.round(current_load * 100)} %`,
      offers: ({ capabilities }) => capabilities.join(','),
      by: ({ transport }) => transport,
      'last seen': ({ last_heartbeat }) => last_heartbeat ?? 'never',
    });
  },
};

/** @type {Command} */
export const queues = {
  about: 'what waits in which queue',
  async run({ client, out }) {
    out.list(await client().queues.list(), {
      queue: ({ queue }) => queue,
      waiting: ({ messages }) => messages,
      'in hand': ({ unacked }) => unacked,
      consumers: ({ consumers }) => consumers,
      'oldest (s)': ({ oldest_age_ms }) => (oldest_age_ms === null ? '' : Math.round(oldest_age_ms / 1000)),
    });
  },
};
