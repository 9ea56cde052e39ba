// @ts-check
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, extname } from 'node:path';
import { parse } from 'yaml';
import { SignalboxError } from '../../sdk/typescript/index.mjs';
import { compare, describeChange } from '../compare.mjs';
import { EXIT, UsageError } from '../usage.mjs';

/** @import { Client } from '../../sdk/typescript/index.mjs' */
/** @import { Command, Context } from '../usage.mjs' */

/** By id, or by its whole name. @param {Client} client @param {string} wanted */
export async function findPipeline(client, wanted) {
  const found = await findByName(client, wanted);
  if (found) return found;
  throw new UsageError(`There is no pipeline ${wanted}.`, 'List what there is: signalbox pipelines list');
}

const ID = /^pipe_[0-9a-f]{32}$/;

/** What looks like an id is one: whoever gives a pipeline the name of another's gets nothing that was meant for that. @param {Client} client @param {string} wanted */
async function findByName(client, wanted) {
  const isId = ID.test(wanted);
  for await (const item of client.pipelines.all({ limit: 200 })) {
    if ((isId ? item.id : item.name) === wanted) return item;
  }
  return undefined;
}

/** @param {string} file */
function readFile(file) {
  if (!file) throw new UsageError('Which file?', 'Name it: a pipeline in YAML or JSON.');
  const text = readFileSync(file === '-' ? 0 : file, 'utf8');
  const format = extname(file) === '.json' ? /** @type {const} */ ('json') : /** @type {const} */ ('yaml');
  return { text, format, name: basename(file, extname(file)) };
}

/** @param {Context} context @param {{ text: string, format: 'yaml' | 'json' }} file */
async function judge({ client, out }, { text, format }) {
  const verdict = await client().pipelines.validate({ text, format });
  if (out.isJson) return verdict;
  for (const { message, line, column } of verdict.faults) out.line(`error at ${line}:${column}: ${message}`);
  for (const problem of verdict.problems) out.line(describeProblem(problem));
  return verdict;
}

/** What does not fit the format says itself where. @param {{ severity: string, code: string, message: string, advice: string, path: readonly (string | number)[] }} problem */
function describeProblem({ severity, code, message, advice, path }) {
  const where = path.length > 0 && code !== 'invalid-document' ? ` at ${path.join('.')}` : '';
  const end = /[.!?]$/.test(message) ? '' : '.';
  return `${severity}${where}: ${message}${end} ${advice}`;
}

/** @param {string | undefined} given */
function formatOf(given) {
  if (given === undefined || given === 'yaml' || given === 'json') return given ?? 'yaml';
  throw new UsageError(`There is no format ${given}.`, 'There is: yaml, json.');
}

/** @type {Record<string, (context: Context, argument: string) => Promise<number | void>>} */
const actions = {
  async list({ client, out }) {
    const items = [];
    for await (const item of client().pipelines.all({ limit: 200 })) items.push(item);
    out.list(items, {
      name: ({ name }) => name,
      version: ({ version }) => version ?? 'draft',
      stages: ({ stages }) => stages,
      id: ({ id }) => id,
    });
  },

  async validate(context, file) {
    const verdict = await judge(context, readFile(file));
    if (context.out.isJson) context.out.json(verdict);
    else context.out.line(verdict.valid ? 'The pipeline is valid.' : 'The pipeline is not valid.');
    return verdict.valid ? EXIT.ok : EXIT.failed;
  },

  async export({ client, options, out }, wanted) {
    const asked = formatOf(options.format);
    const format = out.isJson ? 'json' : asked;
    if (!wanted) throw new UsageError('Which pipeline?', 'Give its name or id: signalbox pipelines list');
    const { id } = await findPipeline(client(), wanted);
    const text = await client().pipelines.export(id, { format });
    if (options.output) writeFileSync(options.output, text);
    else out.document(out.isJson ? JSON.stringify(JSON.parse(text)) : text.trimEnd());
  },

  async apply(context, file) {
    const { client, options, out } = context;
    const given = readFile(file);
    const verdict = await judge(context, given);
    if (!verdict.valid) {
      if (out.isJson) out.json(verdict);
      else out.line('Nothing is applied.');
      return EXIT.failed;
    }
    const name = options.name ?? given.name;
    const done = await applyTo(client(), name, given);
    if (out.isJson) out.json(done);
    else out.line(`${name}: version ${done.version} ${done.is_new ? 'is published' : 'says this already'}.`);
  },

  async diff({ client, options, out }, file) {
    const given = readFile(file);
    const { id } = await findPipeline(client(), options.name ?? given.name);
    const changes = await changesTo(client(), { id, text: given.text });
    if (out.isJson) out.json(changes);
    else for (const change of changes) out.line(describeChange(change));
    return changes.length === 0 ? EXIT.ok : EXIT.failed;
  },

  async plan(context, file) {
    const { client, options, out } = context;
    const given = readFile(file);
    const verdict = await judge(context, given);
    const name = options.name ?? given.name;
    const plan = verdict.valid ? await planFor(client(), { name, text: given.text }) : undefined;
    if (out.isJson) out.json({ name, ...verdict, ...plan });
    else for (const line of plan ? describePlan(name, plan) : ['Nothing would be applied.']) out.line(line);
    return verdict.valid ? EXIT.ok : EXIT.failed;
  },
};

/** From the draft, or from a version. @param {Client} client @param {{ id: string, text: string, version?: number }} what */
async function changesTo(client, { id, text, version }) {
  const query = { format: /** @type {const} */ ('json'), ...(version ? { version } : {}) };
  const before = JSON.parse(await client.pipelines.export(id, query));
  // The number of the format is written by exports only.
  return compare(before, { format: before.format, ...parse(text) });
}

/**
 * What applying would do. Whoever has edited the draft since the newest version would lose that.
 * @param {Client} client @param {{ name: string, text: string }} what
 */
async function planFor(client, { name, text }) {
  const known = await findByName(client, name);
  if (!known) return { action: 'create', version: 1, changes: [], lost: [] };
  const { id, version } = known;
  if (version === null)
    return { action: 'publish', version: 1, changes: await changesTo(client, { id, text }), lost: [] };
  const [changes, lost] = await Promise.all([
    changesTo(client, { id, text, version }),
    draftChanges(client, { id, version }),
  ]);
  const action = changes.length === 0 ? 'nothing' : 'publish';
  return { action, version: changes.length === 0 ? version : version + 1, changes, lost };
}

/** @param {Client} client @param {{ id: string, version: number }} what */
async function draftChanges(client, { id, version }) {
  try {
    return await changesTo(client, {
      id,
      version,
      text: await client.pipelines.export(id, { format: 'json' }),
    });
  } catch (error) {
    if (!(error instanceof SignalboxError) || error.code !== 'INVALID') throw error;
    // With errors in it a draft cannot be exported.
    return [{ path: '.', before: '(a draft with errors)', after: undefined }];
  }
}

/** @param {string} name @param {Awaited<ReturnType<typeof planFor>>} plan */
function describePlan(name, { action, version, changes, lost }) {
  const lines =
    {
      create: [`${name} would be made, with version 1.`],
      nothing: [`${name}: version ${version} says this already.`],
      publish: [`${name}: version ${version} would be published:`],
    }[action] ?? [];
  const warning = 'In its draft are changes that nobody has published. They would be lost:';
  const indented = (/** @type {typeof changes} */ some) =>
    some.map((change) => `  ${describeChange(change)}`);
  return [...lines, ...indented(changes), ...(lost.length > 0 ? [warning, ...indented(lost)] : [])];
}

const ACTIONS = Object.keys(actions);

/** @param {Client} client @param {string} name @param {{ text: string, format: 'yaml' | 'json' }} given */
async function applyTo(client, name, { text, format }) {
  const known = await findByName(client, name);
  if (!known) {
    const { id, version } = await client.pipelines.import({ name, text, format, publish: true });
    return { id, version: version?.number, is_new: true };
  }
  const { draft } = await client.pipelines.get(known.id);
  const saved = await client.pipelines.updateDraft(known.id, {
    revision: draft?.revision ?? 1,
    document: parse(text),
  });
  const { version, is_new } = await client.pipelines.publish(known.id, { revision: saved.revision });
  return { id: known.id, version: version.number, is_new };
}

/** @type {Command} */
export const pipelines = {
  about: 'list; validate, plan, apply or diff a FILE; export a PIPELINE',
  args: `${ACTIONS.join('|')} [FILE|PIPELINE]`,
  least: 1,
  words: [() => ACTIONS, ({ args }) => (args[0] === 'export' ? 'pipelines' : [])],
  options: {
    name: { type: 'string', about: "the pipeline's name; left out, the file's", words: 'pipelines' },
    format: { type: 'string', about: 'yaml or json, of an export', words: ['yaml', 'json'] },
    output: { type: 'string', short: 'o', about: 'the file that an export is written to' },
  },
  async run(context) {
    const [word = '', argument = ''] = context.args;
    const action = Object.hasOwn(actions, word) ? actions[word] : undefined;
    if (!action) throw new UsageError(`pipelines cannot ${word}.`, `It can ${ACTIONS.join(', ')}.`);
    return action(context, argument);
  },
};
