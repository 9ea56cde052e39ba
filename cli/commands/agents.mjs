// @ts-check
import { UsageError, wholeNumberOf } from '../usage.mjs';

/** @import { AgentInfo, Client } from '../../sdk/typescript/index.mjs' */
/** @import { Command, Context } from '../usage.mjs' */

const ORDERS = /** @type {const} */ (['drain', 'pause', 'quarantine', 'resume']);

/** Every process of that name, or the one with that id. @param {Client} client @param {string} wanted */
async function findAgents(client, wanted) {
  const found = (await client.agents.list()).filter(({ id, name }) => id === wanted || name === wanted);
  if (found.length > 0) return found;
  throw new UsageError(
    wanted ? `There is no agent ${wanted}.` : 'Which agent?',
    'Give a name or an id: signalbox agents list',
  );
}

/** @param {Context} context @param {AgentInfo[]} agents */
function show({ out }, agents) {
  out.list(agents, {
    name: ({ name }) => name,
    instance: ({ instance }) => instance,
    status: ({ status, reason }) => (reason ? `${status} (${reason})` : status),
    load: ({ current_load }) => `${Math.round(current_load * 100)} %`,
    offers: ({ capabilities }) => capabilities.join(','),
    by: ({ transport }) => transport,
    'last seen': ({ last_heartbeat }) => last_heartbeat ?? 'never',
  });
}

/** @type {Record<string, (context: Context, name: string) => Promise<void>>} */
const actions = {
  list: async (context) => show(context, await context.client().agents.list()),

  async token({ client, options, out }, agent) {
    if (!agent)
      throw new UsageError(
        'A token is for the agent of one name.',
        'Give the name: signalbox agents token NAME',
      );
    const days = options['expires-in-days'];
    const body = { agent, ...(days ? { expires_in_days: wholeNumberOf('expires-in-days', days) } : {}) };
    const made = await client().request('POST', '/agent-tokens', { body });
    if (out.isJson) return out.json(made);
    process.stderr.write(`For the agent ${agent}. It is shown only here:\n`);
    out.line(made.token);
  },
  ...Object.fromEntries(
    ORDERS.map((order) => [
      order,
      async (/** @type {Context} */ context, /** @type {string} */ name) => {
        const agents = await findAgents(context.client(), name);
        const body = { order, reason: context.options.reason ?? 'ordered from the shell' };
        const after = [];
        for (const { id } of agents) after.push(await context.client().agents.order(id, body));
        show(context, after);
      },
    ]),
  ),
};

const ACTIONS = Object.keys(actions);

/** @type {Command} */
export const agents = {
  about: `list; make a token for the agent NAME; ${ORDERS.join(', ')} NAME`,
  args: `[${ACTIONS.join('|')}] [NAME]`,
  words: [() => ACTIONS, ({ args }) => (args[0] === 'list' ? [] : 'agents')],
  options: {
    reason: { type: 'string', about: 'of an order, for those who wonder' },
    'expires-in-days': { type: 'string', about: 'days that a token counts; left out, for good' },
  },
  async run(context) {
    const [word = 'list', name = ''] = context.args;
    const action = Object.hasOwn(actions, word) ? actions[word] : undefined;
    if (!action) throw new UsageError(`agents cannot ${word}.`, `It can ${ACTIONS.join(', ')}.`);
    return action(context, name);
  },
};
