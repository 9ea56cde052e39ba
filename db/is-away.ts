/** Codes of Postgres (connection, rollback, resources, operator), of its driver, and of the network. */
const AWAY = /^(08|40|53|55|57|58|E[A-Z]|CONN)/;

/** It failed since the database is away, busy or stopping: the same statement may work the next time. */
export const isAway = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && AWAY.test(String(error.code));
