import { shortId } from '../../../ui/short-id.ts';
import { runWords } from '../run-words.ts';

/** What an event says, for people. One that has no words here yet is shown by its type. */
interface EventFacts {
  type: string;
  error?: { message?: string };
  wait?: { code?: string };
  agent?: string;
  reason?: string;
  why?: string;
  progress?: number;
  note?: string;
  from?: string;
  dueAt?: number;
  queue?: string;
}

/** Short, as one line among many: the page of the run says them in full. */
const WAITS: Record<string, string> = {
  dependency: 'for the stages before it',
  'no-agent': 'for an agent that can take it',
  'agents-full': 'for an agent with room',
  'concurrency-key': 'for its turn under its key',
  paused: 'until the run is resumed',
  'retry-timer': 'for the next attempt',
  'given-back': 'to be offered again',
  quota: 'for a limit of the installation',
  queue: 'in its queue',
  unanswered: 'for an agent to answer',
  approval: 'for people to allow a call',
  question: 'for people to answer a question',
};

const sayWait = (code = '') => WAITS[code] ?? code.replaceAll('-', ' ');

const SAY: Record<string, (event: EventFacts) => string> = {
  'run.started': () => 'The run started',
  'run.paused': () => 'The run was paused',
  'run.resumed': () => 'The run was resumed',
  'run.failing': ({ error }) => `The run is failing: ${error?.message ?? ''}`,
  'run.cancelling': () => 'The run is being cancelled',
  'run.succeeded': () => 'The run succeeded',
  'run.failed': ({ error }) => `The run failed: ${error?.message ?? ''}`,
  'run.cancelled': () => 'The run was cancelled',
  'task.ready': ({ wait }) => `Ready${wait ? `, waits ${sayWait(wait.code)}` : ''}`,
  'task.waiting': ({ wait }) => `Waits ${sayWait(wait?.code)}`,
  'task.queued': ({ queue }) => `Put into the queue ${queue ?? ''}`,
  'task.started': ({ agent }) => `Taken by ${agent ?? ''}`,
  'task.progressed': ({ progress = 0, note }) => `${Math.round(progress * 100)} %${note ? `: ${note}` : ''}`,
  'task.standing-by': ({ wait }) => `Waits ${sayWait(wait?.code)}`,
  'task.went-on': () => 'Went on',
  'task.succeeded': () => 'Succeeded',
  'task.reused': ({ from }) => `Taken over from ${shortId(from ?? '')}`,
  'task.retrying': ({ error }) => `Failed, to be tried again: ${error?.message ?? ''}`,
  'task.lost': ({ error }) => `Got lost: ${error?.message ?? ''}`,
  'task.released': () => 'Given back unfinished',
  'task.failed': ({ error }) => `Failed: ${error?.message ?? ''}`,
  'task.skipped': ({ reason = '', why }) =>
    why === undefined ? runWords.skipped(reason) : `Skipped: ${why}`,
  'task.cancelled': () => 'Cancelled',
};

/** `nameOf`: what an agent is called. */
export function sayEvent(event: { type?: unknown }, nameOf: (agentId: string) => string): string {
  const { agent, ...rest } = event as EventFacts;
  const facts = { ...rest, ...(agent === undefined ? {} : { agent: nameOf(agent) }) };
  return SAY[facts.type]?.(facts) ?? String(facts.type);
}
