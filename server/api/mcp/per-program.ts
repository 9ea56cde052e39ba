import type { Services } from '#server/services/context.ts';

/** Several programs may run in one process, as tests do; what they remember must not mix. */
export function createPerProgram<Part>(create: (services: Services) => Part): (services: Services) => Part {
  const all = new WeakMap<Services, Part>();
  return (services) => {
    const known = all.get(services) ?? create(services);
    all.set(services, known);
    return known;
  };
}
