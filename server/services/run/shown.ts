import type { RunEvent, TaskError } from '#server/domain/engine/events.ts';
import { HIDDEN_WORDS, hideError, hideWords } from '#server/domain/engine/quiet.ts';
import type { Marks } from '#server/domain/graph/marks.ts';
import { conceal } from '#server/domain/hidden.ts';
import { isJsonObject, type Json, type JsonObject } from '#server/domain/json.ts';
import type { Said } from '#server/domain/said.ts';

declare const SHOWN: unique symbol;

/**
 * What is marked sensitive was taken out of it. Views that may hold such values have this type, doors take no others,
 * and nothing but this file makes one: so a new way to read a run that forgets the marks does not compile. Nobody is
 * exempt, whatever their role: `reveal.ts` shows what is marked to those who ask for it and may, and writes that down.
 */
export interface Shown {
  readonly [SHOWN]: true;
}
export type Unshown<View extends Shown> = Omit<View, typeof SHOWN>;

/** The only word that something has been through here. */
const shown = <View extends object>(view: View) => view as View & Shown;

interface TaskValues {
  index: number;
  output: Json | null;
  error: TaskError | null;
}

export function showTask<Task extends TaskValues>(task: Task, marks: Marks): Task & Shown {
  if (!marks.isAny) return shown(task);
  const { output, error } = task;
  return shown({
    ...task,
    output: output && conceal(output, marks.stages[task.index]?.output ?? null),
    error: showError(error, task.index, marks),
  });
}

export function showError(error: TaskError | null, index: number, marks: Marks): TaskError | null {
  return error && marks.stages[index]?.isQuiet ? hideError(error) : error;
}

/** Its tasks are shown before; its own error has been without what a sensitive stage said ever since it was written. */
export function showRun<Run extends { input: Json; parameters: JsonObject }>(
  run: Run,
  marks: Marks,
): Run & Shown {
  const parameters = conceal(run.parameters, marks.parameters);
  return shown({
    ...run,
    input: conceal(run.input, marks.input),
    parameters: isJsonObject(parameters) ? parameters : {},
  });
}

export function showEvent<Entry extends { event: RunEvent }>(entry: Entry, marks: Marks): Entry & Shown {
  return shown(marks.isAny ? { ...entry, event: hideWords(entry.event, marks) } : entry);
}

/** That something was written, how bad it was and when; not what. */
export function showLine<Line extends { message: string; fields: JsonObject | null }>(
  line: Line,
  isQuiet: boolean,
): Line & Shown {
  return shown(isQuiet ? { ...line, message: HIDDEN_WORDS, fields: null } : line);
}

/** As with lines of the log. A note is no more than a word of the agent's, and is for those who may read what it works with. */
export function showSaid(
  said: Said,
  { isQuiet, mayReadNotes }: { isQuiet: boolean; mayReadNotes: boolean },
): Said & Shown {
  if (said.type === 'log') return showLine(said, isQuiet);
  return shown(isQuiet || !mayReadNotes ? { ...said, note: null } : said);
}

export function showAttempt<Attempt extends { error: TaskError | null; stage: number }>(
  attempt: Attempt,
  marks: Marks,
): Attempt & Shown {
  return shown({ ...attempt, error: showError(attempt.error, attempt.stage, marks) });
}

export function showLate<Late extends { output: Json | null; error: TaskError | null; stage: number }>(
  late: Late,
  marks: Marks,
): Late & Shown {
  const { output, error, stage } = late;
  return shown({
    ...late,
    output: output && conceal(output, marks.stages[stage]?.output ?? null),
    error: showError(error, stage, marks),
  });
}

/** Places of the stages that say nothing, for whoever looks for words. */
export const quietPlaces = ({ stages }: Marks): number[] =>
  stages.flatMap(({ isQuiet }, index) => (isQuiet ? [index] : []));
