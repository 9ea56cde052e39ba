import { UNWELL_CONDITIONS, type UnwellCondition } from '../../server/domain/agent-condition.ts';
import { lookOfAgent } from '../looks/index.ts';
import { formatCount, formFor } from '../ui/format.ts';

/** What people read on the home page. */
export const words = {
  title: 'Home',
  loading: 'Loading what goes on',
  again: 'Try again',
  now: {
    running: 'Running now',
    failed: 'Failed in 24 hours',
    stuck: 'Stuck',
    stuckNote: 'no agent for over 5 minutes',
    agents: 'Agents not well',
    /** Which, or of how many. */
    agentsNote: (each: Record<UnwellCondition, number>, all: number) => {
      const sick = UNWELL_CONDITIONS.filter((condition) => each[condition] > 0);
      return sick.length === 0
        ? `of ${formatCount(all)}`
        : sick
            .map(
              (condition) => `${formatCount(each[condition])} ${lookOfAgent(condition).label.toLowerCase()}`,
            )
            .join(' · ');
    },
    letters: 'Dead letters',
    lettersNote: 'wait for a decision',
    more: (count: string) => `${count}+`,
  },
  asked: {
    title: (count: number, isMore: boolean) =>
      count === 1
        ? 'A call waits for somebody.'
        : `${count}${isMore ? ' or more' : ''} calls wait for somebody.`,
    note: 'A rule or a server asks people before they go on.',
    go: 'Answer',
  },
  day: {
    title: 'Last 24 hours',
    all: 'Analytics',
    ended: 'Runs that ended',
    success: 'Success',
    successOf: (of: number) =>
      of === 0 ? 'none has ended' : `of ${formatCount(of)} that succeeded or failed`,
    duration: 'Duration, p95',
    wait: 'Queue wait, p95',
    highest: (value: string | null) =>
      value === null ? 'nothing to measure yet' : `${value} in its slowest hour`,
    none: '–',
  },
  queues: {
    title: 'Queues',
    queue: 'Queue',
    messages: 'Messages',
    age: 'Oldest',
    consumers: 'Consumers',
    none: 'Every queue is empty.',
    all: 'All queues',
  },
  quotas: {
    title: 'Quotas',
    names: {
      runs_per_day: 'Runs today',
      runs_per_key_minute: 'Runs a minute, with this key',
      runs_in_flight: 'Runs in flight',
    },
    used: (used: string, limit: string) => `${used} of ${limit}`,
  },
  recent: {
    title: 'Recent runs',
    loading: 'Loading the recent runs',
    none: 'No runs yet',
    noneHint: 'A run appears here as soon as somebody starts one.',
    alone: 'Stand-alone task',
    all: 'All runs',
    stages: (done: number, total: number) =>
      `${done} of ${total} ${formFor(total, { one: 'stage', other: 'stages' })}`,
  },
  steps: {
    title: 'First steps',
    hide: 'Hide',
    done: 'Done',
    run: 'Run a pipeline',
    runNote: 'A sample pipeline is there. Run it with its sample data and watch its stages.',
    runButton: 'Run the sample',
    seeButton: 'See the pipelines',
    drawButton: 'Draw one of your own',
    runCommand: 'Or from a terminal in the checkout:',
    runText: (pipeline: string) => `npx signalbox run ${JSON.stringify(pipeline)} --sample`,
    agent: 'Start an agent of your own',
    agentNote:
      'A program of yours that takes tasks, on any machine. This one runs as it stands, with Node 20 or newer.',
    agentButton: 'Make a token and show the command',
    agentOnce:
      'The token in it is shown once. It lets the agent “first-agent” in, and is good for nothing else.',
    agentCommand: 'Paste it into a terminal:',
    copy: 'the command',
    task: 'Give it a task',
    taskNote: 'The agent answers with a greeting. Open the run to see who did what, when.',
    taskButton: 'Send “greet”',
    taskExample: 'Signalbox',
    notYours: 'Ask an owner or admin for it.',
    samplesCommand: 'npm run seed -- demo',
    samples:
      'Rather look around first? This makes sample pipelines and runs on the server’s machine; with “empty” in place of “demo” they go again:',
  },
} as const;
