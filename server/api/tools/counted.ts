import { toProblem } from '../http/problem.ts';
import type { ToolCall } from './tool.ts';

/**
 * Does what a tool does, and tells the health how it went. A fault is ours: what a caller got wrong, may not do or has
 * called off is an answer like another.
 */
export async function counted<Result>(
  { services, signal }: Pick<ToolCall, 'services' | 'signal'>,
  work: () => Promise<Result>,
): Promise<Result> {
  const ended = services.health.toolEnded;
  try {
    const result = await work();
    ended({ isFault: false });
    return result;
  } catch (error) {
    ended({ isFault: !signal.aborted && toProblem(error, '').status >= 500 });
    throw error;
  }
}
