// An agent that notes each call of its handler in a file and waits until another file is there, with `spin` without ever
// letting go of its thread. Settings: NOTES, GATE, NAME.
import { appendFileSync, existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { runAgent } from '../../../sdk/typescript/index.mjs';

const { NOTES = '', GATE = '', NAME = 'worker', DRAIN_MS = '25000' } = process.env;

async function work({ stage, epoch, config, input, signal, progress }) {
  appendFileSync(NOTES, `${stage} ${epoch}\n`);
  progress(0.5);
  while (config.spin && !existsSync(GATE));
  while (config.wait && !existsSync(GATE)) await sleep(20, undefined, { signal });
  return { stage, epoch, input };
}

await runAgent({ name: NAME, handlers: { work }, beatMs: 200, drainMs: Number(DRAIN_MS) });
