// @ts-check
import { clean, prettyJson } from '../output.mjs';
import { EXIT, numberOf } from '../usage.mjs';
import { readInput } from './runs.mjs';

/** @import { Command } from '../usage.mjs' */

/** @type {Command} */
export const task = {
  about: 'submit one task, without a pipeline, and wait for what comes of it',
  args: 'CAPABILITY',
  least: 1,
  words: [() => 'capabilities'],
  options: {
    input: { type: 'string', short: 'i', about: 'a JSON file; - reads it from standard input' },
    priority: { type: 'string', about: 'high, medium or low', words: ['high', 'medium', 'low'] },
    timeout: { type: 'string', about: 'seconds for an attempt' },
    detach: { type: 'boolean', short: 'd', about: 'submit it and do not wait' },
  },
  async run({ args: [type = ''], client, options, out }) {
    const payload = readInput(options.input);
    const submitted = await client().tasks.submit({
      type,
      ...(payload === undefined ? {} : { payload }),
      ...(options.priority ? { priority: options.priority } : {}),
      ...(options.timeout ? { timeout: numberOf('timeout', options.timeout) } : {}),
    });
    const done = options.detach ? submitted : await client().tasks.wait(submitted.task_id);
    if (out.isJson) out.json(done);
    else if (options.detach) out.line(done.task_id);
    else if (done.error) out.line(clean(`${done.error.code}: ${done.error.message}`));
    else out.line(prettyJson(done.output));
    return options.detach || done.status === 'completed' ? EXIT.ok : EXIT.failed;
  },
};
