import { runFleet } from './fleet.ts';

/** A fleet in a process of its own, so that a test can really kill it. It goes on until then. */
const { seed, ...options } = JSON.parse(process.argv[2] ?? '{}');
let state = Number(seed);
const random = (): number => {
  state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
  return state / 2_147_483_648;
};
await runFleet({ ...options, random, goesOn: () => true });
