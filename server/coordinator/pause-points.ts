/**
 * Named places between two durable steps where a test holds the engine, or ends its process. In production nothing
 * is registered and `reach` returns at once.
 */
export const PAUSE_POINTS = [
  /** The batch is decided and not committed. */
  'before-commit',
  /** The commit is durable; nobody has been told. */
  'after-commit',
  /** The outbox row is durable; the broker has no message. */
  'before-publish',
  /** The broker has confirmed; the outbox row is still there. */
  'after-publish',
  /** The effect of a broker message is durable; the message is not acknowledged. */
  'before-ack',
  /** A sweep has read what is due and has not asked for anything yet. */
  'after-sweep',
] as const;
export type PausePoint = (typeof PAUSE_POINTS)[number];

export interface PausePoints {
  reach(point: PausePoint): Promise<void> | undefined;
}

export const NO_PAUSES: PausePoints = { reach: () => undefined };
