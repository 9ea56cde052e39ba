// @ts-check
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, extname } from 'node:path';
import { parse } from 'yaml';
import { EXIT, UsageError } from '../usage.mjs';

/** @import { Client } from '../../sdk/typescript/index.mjs' */
/** @import { Command, Context } from '../usage.mjs' */

/** By id, or by its whole name. @param {Client} client @param {string} wanted */
export async function findPipeline(client, wanted) {
  const found = await findByName(client, wanted);
  if (found) return found;
  throw new UsageError(`There is no pipeline ${wanted}.`, 'List what there is: signalbox pipelines list');
}

/** @param {Client} client @param {string} wanted */
async function findByName(client, wanted) {
  for await (const item of client.pipelines.all({ limit: 200 })) {
    if (item.id === wanted || item.name === wanted) return item;
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
  for (const { severity, message, advice, path } of verdict.problems) {
    out.line(`${severity}${path.length > 0 ? ` at ${path.join('.')}` : ''}: ${message} ${advice}`);
  }
  return verdict;
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
    const { id } = await findPipeline(client(), wanted);
    const format = options.format === 'json' ? 'json' : 'yaml';
    const text = await client().pipelines.export(id, { format });
    if (options.output) writeFileSync(options.output, text);
    else out.line(text.trimEnd());
  },

  async apply(context, file) {
    const { client, options, out } = context;
    const given = readFile(file);
    const verdict = await judge(context, given);
    if (!verdict.valid) {
      if (out.isJson) out.json(verdict);
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
    const before = JSON.parse(await client().pipelines.export(id, { format: 'json' }));
    // The number of the format is written by exports only.
    const changes = compare(before, { format: before.format, ...parse(given.text) });
    if (out.isJson) out.json(changes);
    else for (const { path, before, after } of changes) out.line(`${path}: ${show(before)} → ${show(after)}`);
    return changes.length === 0 ? EXIT.ok : EXIT.failed;
  },
};

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

/** @param {unknown} value */
const show = (value) => (value === undefined ? '(nothing)' : JSON.stringify(value));

/**
 * Where two documents differ. Stages are told apart by their keys, so that one put between others is one change.
 * @param {any} before @param {any} after @returns {{ path: string, before: unknown, after: unknown }[]}
 */
export function compare(before, after, path = '') {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  const [one, other] = [byKey(before), byKey(after)];
  if (!isObject(one) || !isObject(other)) return [{ path: path || '.', before, after }];
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])];
  return names.flatMap((name) => compare(one[name], other[name], path ? `${path}.${name}` : name));
}

/** @param {unknown} value @returns {value is Record<string, unknown>} */
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** @param {any} value */
function byKey(value) {
  if (!Array.isArray(value) || !value.every((item) => typeof item?.key === 'string')) return value;
  return Object.fromEntries(value.map((item) => [item.key, item]));
}

/** @type {Command} */
export const pipelines = {
  about: 'list; validate, apply or diff a FILE; export a PIPELINE',
  args: `${Object.keys(actions).join('|')} [FILE|PIPELINE]`,
  least: 1,
  options: {
    name: { type: 'string', about: "the pipeline's name; left out, the file's" },
    format: { type: 'string', about: 'yaml or json, of an export' },
    output: { type: 'string', short: 'o', about: 'the file that an export is written to' },
  },
  async run(context) {
    const [word = '', argument = ''] = context.args;
    const action = actions[word];
    if (!action) {
      throw new UsageError(`pipelines cannot ${word}.`, `It can ${Object.keys(actions).join(', ')}.`);
    }
    return action(context, argument);
  },
};
