import { notFound } from '#server/domain/errors.ts';
import { parseTaskId, taskId, taskIdSchema } from '#server/domain/ids.ts';
import { isTaskEvent } from '#server/domain/run-progress.ts';
import { parseInput } from '#server/services/parse-input.ts';
import { listRuns } from '#server/services/run/list.ts';
import { getTask } from '#server/services/task/get.ts';
import { findLogEnd, listTaskLogs } from '#server/services/task/logs.ts';
import { EXAMPLE } from '../operations/examples.ts';
import { presentLine } from '../tools/log-lines.ts';
import { presentTaskStatus } from '../tools/run-view.ts';
import { type ResourceCall, resource } from './resource.ts';
import { watchLive } from './watch-live.ts';
import { watchMark } from './watch-mark.ts';

type At = Readonly<Record<'task_id', string>>;
const taskOf = ({ task_id }: At) => parseInput(taskIdSchema, task_id);

/** First tasks of the newest runs: there is no list of all tasks to look through. */
export const complete = {
  async task_id({ services, actor }: ResourceCall, beginning: string): Promise<string[]> {
    const { items } = await listRuns(services, actor, { limit: 100 });
    return items
      .flatMap(({ id, tasksTotal }) => Array.from({ length: tasksTotal }, (_, index) => taskId(id, index)))
      .filter((id) => id.startsWith(beginning));
  },
};

export const taskResources = [
  resource({
    name: 'task-state',
    title: 'State of a task',
    description:
      'How a task stands: its state, who works on it, its error or output. As a tool: task_status.',
    icon: 'eye',
    template: 'tasks://{task_id}/state',
    mimeType: 'application/json',
    needs: ['run.read'],
    example: { task_id: EXAMPLE.task },
    read: async ({ services, actor }, at) => ({
      text: JSON.stringify(presentTaskStatus(await getTask(services, actor, { id: taskOf(at) }))),
    }),
    complete,
    async watch(call, at, changed) {
      const place = parseTaskId(taskOf(at));
      if (!place) throw notFound('task', at.task_id);
      return watchLive(call, {
        target: { run_id: place.runId },
        runs({ events }) {
          if (events.some(({ event }) => !isTaskEvent(event) || event.task === place.index)) changed();
        },
        unsure: changed,
      });
    },
  }),

  resource({
    name: 'task-logs',
    title: 'Log of a task',
    description:
      'What the agent wrote while it worked on a task, a line each; at most the last 1000. As a tool: task_logs.',
    icon: 'log',
    template: 'tasks://{task_id}/logs',
    mimeType: 'text/plain',
    needs: ['run.logs'],
    example: { task_id: EXAMPLE.task },
    async read({ services, actor }, at) {
      const { items: lines } = await listTaskLogs(services, actor, { id: taskOf(at), limit: 1000 });
      return {
        text: lines
          .map(presentLine)
          .map(({ at: when, level, message }) => `${when} ${level} ${message}`)
          .join('\n'),
      };
    },
    complete,
    // Lines are no events, so that agents may write many.
    watch: ({ services, actor }, at, changed) =>
      watchMark(() => findLogEnd(services, actor, { id: taskOf(at) }), changed),
  }),
];
