import type { Charges, RateClass } from '#server/identity/limits/rates.ts';
import { listOperations } from './index.ts';
import type { Operation } from './operation.ts';

/** Looking is cheaper than changing; what agents do all day counts for itself. */
export function rateClassOf(method: string, given?: RateClass): RateClass {
  if (given !== undefined) return given;
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS' ? 'reads' : 'writes';
}

const BY_NAME: ReadonlyMap<string, Operation> = new Map(
  listOperations().map(({ name, operation }) => [name, operation]),
);

/** What a batch of procedures costs: each call for itself, and a name that nobody knows like any other. */
export function chargesOfBatch(method: string, names: readonly string[]): Charges {
  const charges: Partial<Record<RateClass, number>> = {};
  for (const name of names) {
    const operation = BY_NAME.get(name);
    const rateClass = rateClassOf(operation?.method ?? method, operation?.rate);
    charges[rateClass] = (charges[rateClass] ?? 0) + 1;
  }
  return charges;
}
