import { runAgent } from '@signalbox/sdk';

await runAgent({
  name: 'greeter',
  handlers: {
    greet: ({ input }) => input.rows.map(({ name }) => ({ greeting: `Hello ${name}!` })),
  },
});
