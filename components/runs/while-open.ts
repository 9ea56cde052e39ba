import { isRunOver, type RunStatus } from '../../server/domain/statuses.ts';

const EVERY_MS = 5000;

/** How often what is shown of runs is brought up to date: while one of them goes on. */
export const paceOf = (runs: readonly { status: RunStatus }[]): number | undefined =>
  runs.some(({ status }) => !isRunOver(status)) ? EVERY_MS : undefined;
