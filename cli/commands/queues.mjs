// @ts-check
/** @import { Command } from '../usage.mjs' */

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
