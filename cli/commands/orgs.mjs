// @ts-check
import { connect, requireServer } from '../connect.mjs';
import { UsageError } from '../usage.mjs';

/** @import { Client } from '../../sdk/typescript/index.mjs' */
/** @import { Command, Context } from '../usage.mjs' */

/** @param {Client} client @returns {Promise<any[]>} */
async function listOrgs(client) {
  const orgs = [];
  let cursor;
  do {
    const page = await client.request('GET', '/orgs', {
      query: { limit: 200, ...(cursor ? { cursor } : {}) },
    });
    orgs.push(...page.orgs);
    cursor = page.next_cursor;
  } while (cursor);
  return orgs;
}

/** @type {Record<string, (context: Context) => Promise<void>>} */
const actions = {
  async list({ client, out }) {
    out.list(await listOrgs(client()), {
      id: ({ id }) => id,
      name: ({ name }) => name,
      members: ({ members }) => members,
      closed: ({ closed_at }) => closed_at,
    });
  },

  async create({ options, out }) {
    if (!options.name) throw new UsageError('An organisation has a name.', 'signalbox orgs create --name …');
    const made = await connect(options).request('POST', '/orgs', { body: { name: options.name } });
    const link = made.invitation && new URL(made.invitation, requireServer(options).url).href;
    if (out.isJson) return out.json({ ...made, invitation: link });
    process.stderr.write(
      `${made.name} (${made.id}). Whoever opens this first is its owner; it is shown only here:\n`,
    );
    out.line(link ?? made.id);
  },
};

const ACTIONS = Object.keys(actions);

/** @type {Command} */
export const orgs = {
  about: "list the installation's organisations, or create one; a key stays in the one that it was made in",
  args: ACTIONS.join('|'),
  least: 1,
  words: [() => ACTIONS],
  options: { name: { type: 'string', about: 'what a new one is called' } },
  async run(context) {
    const [word = ''] = context.args;
    const action = Object.hasOwn(actions, word) ? actions[word] : undefined;
    if (!action) throw new UsageError(`orgs cannot ${word}.`, `It can ${ACTIONS.join(', ')}.`);
    return action(context);
  },
};
