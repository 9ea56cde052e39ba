import { keepPreviousData } from '@tanstack/react-query';
import { isTaskOut } from '../../../../server/domain/statuses.ts';
import type { Stage } from '../use-run.ts';

const WHILE_OUT_MS = 2000;

/**
 * A question about one stage: asked anew when the stage has moved, and while somebody works on it, as its log grows without
 * the stage moving. Until the answer is there, what was known of the stage stays.
 */
export const asItGoes = <Question extends { queryKey: readonly unknown[] }>(
  question: Question,
  { state, attempt }: Pick<Stage, 'state' | 'attempt'>,
) => ({
  ...question,
  queryKey: [...question.queryKey, `${state} ${attempt}`],
  placeholderData: keepPreviousData,
  refetchInterval: isTaskOut(state) ? WHILE_OUT_MS : (false as const),
});
