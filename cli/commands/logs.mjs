// @ts-check
import { clean } from '../output.mjs';
import { runIdOf, UsageError } from '../usage.mjs';
import { stageOf } from './runs.mjs';

/** @import { Command } from '../usage.mjs' */

const LEVELS = /** @type {const} */ (['debug', 'info', 'warn', 'error']);

/** @type {Command} */
export const logs = {
  about: "print a run's log lines",
  args: 'RUN',
  least: 1,
  words: [() => 'runs'],
  options: {
    follow: { type: 'boolean', short: 'f', about: 'go on until the run has ended' },
    stage: { type: 'string', about: 'of this stage only, by key' },
    level: { type: 'string', about: 'this level and worse ones: debug, info, warn or error', words: LEVELS },
    search: { type: 'string', about: 'words that the message must hold' },
  },
  async run({ args, client, options, out }) {
    const id = runIdOf(args[0]);
    const { stages } = await client().runs.get(id, { brief: true });
    const stage = options.stage === undefined ? undefined : stageOf(stages, options.stage).stage;
    const { follow, search } = options;
    const level = LEVELS.find((word) => word === options.level);
    if (options.level !== undefined && !level)
      throw new UsageError(`There is no level ${options.level}.`, `There is: ${LEVELS.join(', ')}.`);
    for await (const line of client().runs.logs(id, { follow, stage, level, search })) {
      const key = stages[line.stage]?.key ?? line.task_id;
      if (out.isJson) out.json({ ...line, stage: key });
      else out.line(`${line.timestamp}  ${line.level.padEnd(5)}  ${key}: ${clean(line.message)}`);
    }
  },
};
