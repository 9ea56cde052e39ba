import type { Marks } from '../graph/marks.ts';
import type { RunEvent, TaskError } from './events.ts';

/** Said in place of what the agent of a sensitive stage has said. */
export const HIDDEN_WORDS = '(hidden: this stage handles what is marked sensitive)';

/** A name that programs tell errors by, and no text that somebody has put there. */
const NAME = /^[A-Za-z][A-Za-z_.-]{0,63}$/;

/** Messages and details may quote what the agent worked on; what kind of failure it is says nothing of that. */
export function hideError({ class: errorClass, code }: TaskError): TaskError {
  return { class: errorClass, code: NAME.test(code) ? code : 'HIDDEN', message: HIDDEN_WORDS };
}

/**
 * The error of a task as that of its run. It goes on from there to lists, counts, mails and webhooks, where nobody asks
 * for the graph, so what is sensitive is left with the task.
 */
export function errorOfRun(marks: Marks, index: number, error: TaskError): TaskError {
  return marks.stages[index]?.isQuiet ? hideError(error) : error;
}

/** The event without what the agent of a sensitive stage has said. */
export function hideWords(event: RunEvent, marks: Marks): RunEvent {
  if (!('task' in event) || event.task === undefined || !marks.stages[event.task]?.isQuiet) return event;
  if ('error' in event && event.error) return { ...event, error: hideError(event.error) };
  if (event.type === 'task.progressed') {
    const { note: _note, ...rest } = event;
    return rest;
  }
  if (event.type === 'task.skipped') {
    const { why: _why, ...rest } = event;
    return rest;
  }
  return event;
}
