// @ts-check
import { EXIT, UsageError, wholeNumberOf } from '../usage.mjs';

/** @import { Client } from '../../sdk/typescript/index.mjs' */
/** @import { Command, Context } from '../usage.mjs' */

export const ROLES = ['owner', 'admin', 'designer', 'operator', 'viewer', 'auditor'];

/** @param {Client} client @returns {Promise<any[]>} */
export async function listKeys(client) {
  const keys = [];
  let cursor;
  do {
    const page = await client.request('GET', '/keys', {
      query: { limit: 200, ...(cursor ? { cursor } : {}) },
    });
    keys.push(...page.keys);
    cursor = page.next_cursor;
  } while (cursor);
  return keys;
}

/** By id, or by a name that only one key has. @param {Client} client @param {string} wanted */
async function findKey(client, wanted) {
  if (!wanted) throw new UsageError('Which key?', 'Give its id or name: signalbox keys list');
  const found = (await listKeys(client)).filter(({ id, name }) => id === wanted || name === wanted);
  if (found.length === 1) return found[0];
  throw found.length === 0
    ? new UsageError(`There is no key ${wanted}.`, 'List what there is: signalbox keys list')
    : new UsageError(
        `${found.length} keys are called ${wanted}.`,
        `Give the id of one: ${found.map(({ id }) => id).join(', ')}`,
      );
}

/** @param {string | undefined} text */
const wordsOf = (text) => text?.split(',').map((word) => word.trim());

/** @param {Context} context @param {any} key */
function showNew({ out }, key) {
  if (out.isJson) return out.json(key);
  process.stderr.write(
    `${key.name} (${key.role}), ${key.expires_at ? `until ${key.expires_at}` : 'for good'}. It is shown only here:\n`,
  );
  out.line(key.key);
}

/** @type {Record<string, (context: Context, argument: string) => Promise<number | void>>} */
const actions = {
  async create(context) {
    const { client, options } = context;
    if (!options.name || !options.role) {
      throw new UsageError(
        'A key has a name and a role.',
        `signalbox keys create --name ci --role operator. Roles: ${ROLES.join(', ')}`,
      );
    }
    const days = options['expires-in-days'];
    const body = {
      name: options.name,
      role: options.role,
      ...(options.scopes ? { scopes: wordsOf(options.scopes) } : {}),
      ...(options.networks ? { networks: wordsOf(options.networks) } : {}),
      ...(days ? { expires_in_days: days === 'never' ? null : wholeNumberOf('expires-in-days', days) } : {}),
    };
    showNew(context, await client().request('POST', '/keys', { body }));
  },

  async list({ client, out }) {
    out.list(await listKeys(client()), {
      name: ({ name }) => name,
      role: ({ role }) => role,
      scopes: ({ scopes }) => scopes?.join(',') ?? 'all of the role',
      ends: ({ last_four }) => `…${last_four}`,
      until: ({ expires_at }) => expires_at ?? 'for good',
      'last used': ({ last_used_at }) => last_used_at ?? 'never',
      id: ({ id }) => id,
    });
  },

  async rotate(context, wanted) {
    const { client, options } = context;
    const { id } = await findKey(client(), wanted);
    const hours = options['overlap-hours'];
    const body = hours === undefined ? {} : { overlap_hours: wholeNumberOf('overlap-hours', hours) };
    showNew(context, await client().request('POST', `/keys/${id}/rotate`, { body }));
  },

  async revoke({ client, out }, wanted) {
    const { id, name } = await findKey(client(), wanted);
    await client().request('DELETE', `/keys/${id}`);
    if (out.isJson) out.json({ id, name });
    else out.line(`${name} counts no more.`);
    return EXIT.ok;
  },
};

const ACTIONS = Object.keys(actions);

/** @type {Command} */
export const keys = {
  about: 'create, list; rotate or revoke a KEY, by id or name',
  args: `${ACTIONS.join('|')} [KEY]`,
  least: 1,
  words: [() => ACTIONS, ({ args }) => (args[0] === 'rotate' || args[0] === 'revoke' ? 'keys' : [])],
  options: {
    name: { type: 'string', about: 'what it is called' },
    role: { type: 'string', about: ROLES.join(', '), words: ROLES },
    scopes: { type: 'string', about: 'narrows it: runs:read,runs:write …; left out, all that the role may' },
    networks: { type: 'string', about: 'whence it may come: 10.1.0.0/16,…; left out, from anywhere' },
    'expires-in-days': { type: 'string', about: 'days that it counts, or never; 90' },
    'overlap-hours': { type: 'string', about: 'hours that the old letters count after a rotation; 24' },
  },
  async run(context) {
    const [word = '', argument = ''] = context.args;
    const action = Object.hasOwn(actions, word) ? actions[word] : undefined;
    if (!action) throw new UsageError(`keys cannot ${word}.`, `It can ${ACTIONS.join(', ')}.`);
    return action(context, argument);
  },
};
