import type { RunEvent, TaskError } from '#server/domain/engine/events.ts';
import { type Actor, may } from '#server/identity/actor.ts';
import type { RunSummary, RunView, TaskView } from './run-view.ts';

/** Messages and details are an agent's words and may quote what it read. The code remains, which tells failures apart. */
const withoutWords = ({ class: kind, code }: TaskError): TaskError => ({
  ...{ class: kind, code },
  message: `${code} (what it said is hidden from your role)`,
});

/** How it went without what it worked on: for actors who may see the one and not the other. */
export function redactRun(actor: Actor, run: RunView): RunView {
  if (may(actor, 'run.payload', run)) return run;
  const tasks = run.tasks.map(redactTask);
  return {
    ...redactSummary(actor, run),
    input: null,
    parameters: {},
    metadata: {},
    tasks,
    deadlineAt: run.deadlineAt,
  };
}

export function redactSummary<Summary extends RunSummary>(actor: Actor, run: Summary): Summary {
  return may(actor, 'run.payload', run) ? run : { ...run, error: redactError(run.error) };
}

function redactTask(task: TaskView): TaskView {
  return { ...task, output: null, error: redactError(task.error) };
}

export function redactError(error: TaskError | null): TaskError | null {
  return error && withoutWords(error);
}

export function redactEvent(event: RunEvent): RunEvent {
  if ('error' in event && event.error) return { ...event, error: withoutWords(event.error) };
  if (event.type !== 'task.progressed') return event;
  const { note: _note, ...rest } = event;
  return rest;
}
