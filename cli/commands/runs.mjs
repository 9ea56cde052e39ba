// @ts-check
import { readFileSync } from 'node:fs';
import { prettyJson } from '../output.mjs';
import { EXIT, numberOf, runIdOf, UsageError, wholeNumberOf } from '../usage.mjs';
import { watchRun } from '../watch.mjs';
import { findPipeline } from './pipelines.mjs';

/** @import { Client, RunQuery, StageTask } from '../../sdk/typescript/index.mjs' */
/** @import { Command, Context } from '../usage.mjs' */

const STATUSES = ['running', 'paused', 'cancelling', 'succeeded', 'failed', 'cancelled'];

const DETACH = /** @type {const} */ ({
  type: 'boolean',
  short: 'd',
  about: 'start it and do not wait for its end',
});

/** @param {string | undefined} file */
export function readInput(file) {
  if (file === undefined) return undefined;
  const text = readFileSync(file === '-' ? 0 : file, 'utf8');
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(
      `${file} is no JSON: ${error instanceof Error ? error.message : error}`,
      'Correct the file.',
    );
  }
}

/** A value is JSON where it can be, and a text otherwise. @param {string[] | undefined} given */
function readParameters(given = []) {
  return Object.fromEntries(
    given.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw new UsageError(`${pair} is no parameter.`, 'Write it as --param NAME=VALUE.');
      const text = pair.slice(at + 1);
      try {
        return [pair.slice(0, at), JSON.parse(text)];
      } catch {
        return [pair.slice(0, at), text];
      }
    }),
  );
}

/**
 * The one that the pipeline's input schema shows.
 * @param {Client} client @param {string} pipelineId @param {number | undefined} version
 */
async function sampleOf(client, pipelineId, version) {
  const query = { format: /** @type {const} */ ('json'), ...(version === undefined ? {} : { version }) };
  const { inputSchema: schema } = JSON.parse(await client.pipelines.export(pipelineId, query));
  const [sample] = Array.isArray(schema?.examples) ? schema.examples : [];
  if (sample !== undefined) return sample;
  throw new UsageError('The pipeline shows no sample of its input.', 'Give it one: --input FILE.');
}

/** @param {Context} context @param {import('../../sdk/typescript/index.mjs').Run} run */
async function follow({ client, out, options }, run) {
  if (!options.detach) return watchRun({ client: client(), out, run });
  if (out.isJson) out.json(run);
  else out.line(run.id);
  return EXIT.ok;
}

/** @type {Command} */
export const run = {
  about: 'start a pipeline, by name or id, and watch it to its end',
  args: 'PIPELINE',
  least: 1,
  words: [() => 'pipelines'],
  options: {
    input: { type: 'string', short: 'i', about: 'a JSON file; - reads it from standard input' },
    sample: { type: 'boolean', about: 'with the sample that its input schema shows' },
    param: { type: 'string', short: 'p', about: 'NAME=VALUE; may be given many times', multiple: true },
    version: { type: 'string', about: 'the number of the version; left out, the newest' },
    detach: DETACH,
  },
  async run(context) {
    const { args, options, client } = context;
    if (options.sample && options.input)
      throw new UsageError('--sample and --input are two inputs.', 'Name one of them.');
    const version = options.version ? wholeNumberOf('version', options.version) : undefined;
    const given = readInput(options.input);
    const { id } = await findPipeline(client(), args[0] ?? '');
    const input_data = options.sample ? await sampleOf(client(), id, version) : given;
    const body = {
      ...(input_data === undefined ? {} : { input_data }),
      ...(options.param ? { parameters: readParameters(options.param) } : {}),
      ...(version === undefined ? {} : { version }),
    };
    return follow(context, await client().runs.start(id, body));
  },
};

/** @type {Command} */
export const replay = {
  about: 'run again what a run did, from a stage on, and watch it',
  args: 'RUN',
  least: 1,
  words: [() => 'runs'],
  options: {
    from: { type: 'string', about: 'key of the stage to begin with; left out, all of it' },
    newest: { type: 'boolean', about: "by the pipeline's newest version" },
    input: { type: 'string', short: 'i', about: 'another input: a JSON file, or -' },
    detach: DETACH,
  },
  async run(context) {
    const { args, options, client } = context;
    const id = runIdOf(args[0]);
    const input_data = readInput(options.input);
    const body = {
      ...(options.from ? { from: options.from } : {}),
      ...(options.newest ? { version: /** @type {const} */ ('newest') } : {}),
      ...(input_data === undefined ? {} : { input_data }),
    };
    return follow(context, await client().runs.replay(id, body));
  },
};

/** @param {string} about @param {(client: Client, id: string, context: Context) => Promise<any>} act @returns {Command} */
function steering(about, act) {
  return {
    about,
    args: 'RUN',
    least: 1,
    words: [() => 'openRuns'],
    async run(context) {
      const { args, client, out } = context;
      const run = await act(client(), runIdOf(args[0]), context);
      if (out.isJson) out.json(run);
      else out.line(`${run.id} is ${run.status}.`);
    },
  };
}

/** @type {Command} */
export const cancel = {
  ...steering(
    'end a run: agents are asked to stop, and cut off after the grace period',
    (client, id, { options }) =>
      client.runs.cancel(
        id,
        options.grace === undefined ? {} : { grace_seconds: numberOf('grace', options.grace) },
      ),
  ),
  options: { grace: { type: 'string', about: 'seconds that agents have; 30' } },
};
export const pause = steering('start nothing more of a run', (client, id) => client.runs.pause(id));
export const resume = steering('let a paused run go on', (client, id) => client.runs.resume(id));

/** @type {Command} */
export const retry = {
  about: 'try again now what waits for its next attempt',
  args: 'RUN',
  least: 1,
  words: [() => 'openRuns'],
  options: { stage: { type: 'string', about: 'this stage only, by key' } },
  async run({ args, client, options, out }) {
    const id = runIdOf(args[0]);
    const { stages } = await client().runs.get(id, { brief: true });
    const wanted = options.stage === undefined ? stages : [stageOf(stages, options.stage)];
    const waiting = wanted.filter(({ status }) => status === 'retrying');
    if (waiting.length === 0)
      throw new UsageError(
        'Nothing of it waits for another attempt.',
        `To run again what has failed: signalbox replay ${id} --from STAGE`,
      );
    for (const { task_id, key, attempt } of waiting) {
      const run = await client().tasks.retry(task_id, { attempt });
      if (out.isJson) out.json(run);
      else out.line(`${key} is tried again; ${run.id} is ${run.status}.`);
    }
  },
};

/** @param {StageTask[]} stages @param {string} wanted a key */
export function stageOf(stages, wanted) {
  const stage = stages.find(({ key }) => key === wanted);
  if (stage) return stage;
  const some = stages.slice(0, 10).map(({ key }) => key);
  const rest = stages.length > some.length ? ', …' : '';
  throw new UsageError(`The run has no stage ${wanted}.`, `Give the key of one: ${some.join(', ')}${rest}.`);
}

/** @type {Command} */
export const reveal = {
  about: 'print what of a run is marked sensitive, if you may: the audit tells of it',
  args: 'RUN',
  least: 1,
  words: [() => 'runs'],
  options: {
    stage: {
      type: 'string',
      about: 'what this stage made and said, by key; left out, what the run was given',
    },
    reason: { type: 'string', about: 'for those who read the audit' },
  },
  async run({ args, client, options, out }) {
    const id = runIdOf(args[0]);
    const { stages } = await client().runs.get(id, { brief: true });
    const stage = options.stage === undefined ? undefined : stageOf(stages, options.stage);
    const revealed = await client().runs.reveal(id, {
      ...(stage ? { stage: stage.stage } : {}),
      ...(options.reason ? { reason: options.reason } : {}),
    });
    const shown = revealed.task ?? revealed.given;
    if (out.isJson) out.json(shown);
    else out.line(prettyJson(shown));
  },
};

/** @type {Command} */
export const runs = {
  about: 'list runs, newest first',
  options: {
    status: { type: 'string', about: 'such as failed, or running,paused', words: STATUSES },
    pipeline: { type: 'string', about: 'name or id', words: 'pipelines' },
    limit: { type: 'string', about: 'how many; 50' },
  },
  async run({ client, options, out }) {
    const pipeline = options.pipeline ? await findPipeline(client(), options.pipeline) : undefined;
    const most = wholeNumberOf('limit', options.limit ?? '50', 1);
    const { found, isCut } = await firstRuns(client(), most, {
      ...(options.status ? { status: options.status } : {}),
      ...(pipeline ? { pipeline_id: pipeline.id } : {}),
    });
    out.list(found, {
      run: ({ id }) => id,
      status: ({ status }) => status,
      progress: ({ progress }) => `${Math.floor(progress * 100)} %`,
      started: ({ created_at }) => created_at,
      error: ({ error }) => error?.message?.slice(0, 60),
    });
    if (isCut) out.remark(`There are more than these ${found.length}: give a greater --limit.`);
  },
};

const PAGE = 200;

/**
 * As many as are wanted, over as many pages as that takes; `isCut`: there are others.
 * @param {Client} client @param {number} most @param {RunQuery} filter
 */
async function firstRuns(client, most, filter) {
  const found = [];
  for await (const run of client.runs.all({ ...filter, limit: Math.min(most + 1, PAGE) })) {
    if (found.length === most) return { found, isCut: true };
    found.push(run);
  }
  return { found, isCut: false };
}
