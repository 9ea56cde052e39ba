/** An engine whose chains are right and whose fan-out fails. */
import type { SubjectDefinition } from '../subject.ts';

export const subjects: readonly SubjectDefinition[] = [
  {
    name: 'failing',
    setting: 'none',
    durability: 'none',
    services: [],
    packages: [],
    create: async ({ work }) => ({
      start: async () => {},
      runChains: async (inputs, stages) =>
        inputs.map((input) => {
          let payload = input;
          for (let stage = 0; stage < stages; stage++) payload = work.perform(payload);
          return payload;
        }),
      fanOut: () => Promise.reject(new Error('the fan-out is broken on purpose')),
      stop: async () => {},
    }),
  },
];
