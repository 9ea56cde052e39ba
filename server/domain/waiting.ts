import type { Wait } from './engine/events.ts';
import type { Stage } from './graph/schema.ts';
import type { RunId, TaskId } from './ids.ts';
import { isTaskQueued, isTaskReady, isTaskRetrying, type TaskStatus, type WaitCode } from './statuses.ts';

/** Why a task does not run, for people: what, since when, what blocks it and what can be done. */
export interface Waiting {
  code: WaitCode;
  sentence: string;
  /** Keys or names of what blocks it. */
  blockers: string[];
  /** By which what blocks it can be looked up: tasks, agents, the run, an approval, a question; a key or a queue by its name. */
  blockerIds: string[];
  /** Milliseconds since 1970: when this reason began, not when it was asked for. */
  since: number | null;
  wayOut: string;
}

type Selector = Pick<Stage['agent'], 'pinned' | 'requireCapabilities' | 'requireLabels'>;

export interface WaitFacts {
  capability: string;
  since: number | null;
  /** When it goes on by itself, if that is known. */
  dueAt?: number | null;
  queue?: string | null;
  /** What the stage asks of an agent beside its capability; left out: not known where it is told. */
  selector?: Selector;
  /** Upstream stages and their tasks, for a task that waits for others. */
  upstream?: readonly { key: string; name: string; id: TaskId }[];
  runId?: RunId;
}

/** Each code's words. A new code does not compile without them. */
const WORDS: Record<WaitCode, (facts: WaitFacts, wait: Wait) => { sentence: string; wayOut: string }> = {
  dependency: ({ upstream = [] }) => ({
    sentence: `It waits for ${listNames(upstream.map(({ name }) => name))} to end.`,
    wayOut: 'Nothing to do: it goes on by itself when they have ended.',
  }),
  'no-agent': ({ capability, selector }, { blockers = [] }) => ({
    sentence:
      blockers.length === 0 || blockers.includes(capability)
        ? `No agent is registered that ${listWishes(capability, selector)}.`
        : `The agents that could take it are not online: ${listNames(blockers)}.`,
    wayOut:
      blockers.length === 0 || blockers.includes(capability)
        ? wayToAgent(capability, selector)
        : 'Bring one of them back, or resume it.',
  }),
  'agents-full': ({ capability }, { blockers = [] }) => ({
    sentence:
      blockers.length > 0
        ? `Every agent that offers ${capability} works on as much as it takes: ${listNames(blockers)}.`
        : `It is about to be offered to an agent with ${capability}.`,
    wayOut: 'It is next in line; more agents, or more room on one, make it start sooner.',
  }),
  'concurrency-key': (_, { blockers = [] }) => ({
    sentence: `As many tasks as may share the key ${listNames(blockers)} are running.`,
    wayOut: 'It starts when one of them ends; raise the limit of the key to run more at once.',
  }),
  paused: () => ({ sentence: 'The run is paused.', wayOut: 'Resume the run.' }),
  'retry-timer': ({ dueAt }) => ({
    sentence:
      dueAt == null
        ? 'The last attempt failed; the next one is on a timer.'
        : `The last attempt failed; the next one starts at ${new Date(dueAt).toISOString()}.`,
    wayOut: 'Wait, or retry the task now.',
  }),
  'given-back': ({ dueAt, capability }) => ({
    sentence: `Agents give it back again and again; it is offered ${dueAt == null ? 'ever more rarely' : `again at ${new Date(dueAt).toISOString()}`}.`,
    wayOut: `Look why agents with ${capability} do not keep it; retry it now to offer it at once.`,
  }),
  quota: (_, { blockers = [] }) => ({
    sentence: `A limit of this installation is reached: ${listNames(blockers)}.`,
    wayOut: 'It starts when other tasks end; an owner can raise the limit.',
  }),
  unanswered: (_, { blockers = [] }) => ({
    sentence: `It was sent to ${listNames(blockers)}, which has not answered yet.`,
    wayOut: 'It goes to another agent if this one cannot be reached; look at the agent if it stays so.',
  }),
  approval: (_, { blockers: [, where = 'an MCP server', tool = 'a tool'] = [] }) => ({
    sentence: `A rule asks people whether it may call ${tool} of ${where}.`,
    wayOut: 'Allow the call or refuse it, on the page of the run or among the approvals.',
  }),
  question: (_, { blockers: [, sender = 'An MCP server', tool = 'its tool'] = [] }) => ({
    sentence: `${sender} asks something before it goes on with ${tool}.`,
    wayOut: 'Answer or decline it, on the page of the run or among the approvals.',
  }),
  queue: ({ queue, capability }) => ({
    sentence: `It lies in the queue ${queue ?? capability} until an agent takes it.`,
    wayOut: 'More agents on that queue make it start sooner.',
  }),
};

/** What was written down before ids were has none, and then there is none to tell. */
const written = (_: WaitFacts, { ids = [] }: Wait): string[] => ids;
const byName = (_: WaitFacts, { blockers = [] }: Wait): string[] => blockers;

/** Where what blocks each code is looked up. A timer blocks nothing that has an id but the task itself. */
const IDS: Record<WaitCode, (facts: WaitFacts, wait: Wait) => string[]> = {
  dependency: ({ upstream = [] }) => upstream.map(({ id }) => id),
  'no-agent': written,
  'agents-full': written,
  'concurrency-key': byName,
  paused: ({ runId }) => (runId === undefined ? [] : [runId]),
  'retry-timer': () => [],
  'given-back': () => [],
  quota: byName,
  unanswered: written,
  approval: written,
  question: written,
  queue: ({ queue }) => (queue == null ? [] : [queue]),
};

const MAX_NAMES = 5;

/** All that an agent must be to take the stage, so that whoever reads it sees which of it nobody is. */
function listWishes(capability: string, selector: Selector | undefined): string {
  if (!selector) return `offers ${capability} and fits the stage`;
  const { pinned, requireCapabilities, requireLabels } = selector;
  const offers = [capability, ...requireCapabilities].join(' and ');
  const labels = requireLabels.join(' and ');
  const wishes = [
    ...(pinned === undefined ? [] : [`is named ${pinned}`]),
    `offers ${offers}`,
    ...(labels === '' ? [] : [`has ${requireLabels.length > 1 ? 'the labels' : 'the label'} ${labels}`]),
  ];
  return wishes.length === 1 ? `offers ${offers}` : `${wishes.slice(0, -1).join(', ')} and ${wishes.at(-1)}`;
}

function wayToAgent(capability: string, selector: Selector | undefined): string {
  if (selector?.pinned !== undefined)
    return `Start the agent ${selector.pinned}, or let the stage be taken by others.`;
  const isPlain = !selector || selector.requireCapabilities.length + selector.requireLabels.length === 0;
  return isPlain
    ? `Start an agent that offers ${capability}, or change the stage's capability.`
    : 'Start such an agent, or ask for less in the stage.';
}

function listNames(names: readonly string[]): string {
  if (names.length === 0) return 'others';
  const shown = names.slice(0, MAX_NAMES).join(', ');
  return names.length > MAX_NAMES ? `${shown} and ${names.length - MAX_NAMES} more` : shown;
}

export function explainWait(wait: Wait, facts: WaitFacts): Waiting {
  const { sentence, wayOut } = WORDS[wait.code](facts, wait);
  const blockers = wait.blockers ?? facts.upstream?.map(({ key }) => key) ?? [];
  const since = wait.since ?? facts.since;
  return { code: wait.code, sentence, blockers, blockerIds: IDS[wait.code](facts, wait), since, wayOut };
}

/** What a task waits for where nothing was written down of it; null: for nothing. */
export function unsaidWait(status: TaskStatus): WaitCode | null {
  if (isTaskQueued(status)) return 'queue';
  if (isTaskRetrying(status)) return 'retry-timer';
  return isTaskReady(status) ? 'agents-full' : null;
}
