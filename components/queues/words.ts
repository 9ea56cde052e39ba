import { counted, formatCount } from '../ui/format.ts';

const LETTERS = { one: 'letter', other: 'letters' };

const replayed = (done: number, refused: number) =>
  `${counted(done, LETTERS)} replayed${refused === 0 ? '' : `, ${refused} could not be`}.`;

export const words = {
  title: 'Queues',
  note: 'What waits for agents and for the server, what nobody could work on, and what holds things back.',
  tabs: { queues: 'Queues', dead: 'Dead letters', limits: 'Limits' },
  parts: 'Parts',
  loading: 'Loading the queues',
  list: 'Queues',
  figures: {
    label: 'All queues together',
    waiting: 'Waiting',
    oldest: 'Oldest in line',
    inHand: 'In hand',
    inHandNote: 'taken by agents and not ended',
    rate: 'Delivered',
    perMinute: '/min',
    dead: 'Dead letters',
    more: 'and more',
    atLeast: (count: number) => `${count}+`,
  },
  showEmpty: 'Show empty queues',
  all: (count: number) => `Show all ${formatCount(count)} queues`,
  gone: {
    title: (queue: string) => `There is no queue ${queue}`,
    text: 'It may have gone with the agent that it was for.',
  },
  columns: {
    queue: 'Queue',
    state: 'State',
    waiting: 'Waiting',
    oldest: 'Oldest',
    consumers: 'Consumers',
    inHand: 'In hand',
    in: 'In /min',
    out: 'Out /min',
    returned: 'Returned /min',
  },
  through:
    'Numbers a minute are what passed through this server in the last one; what agents take from RabbitMQ themselves it does not see.',
  none: {
    title: 'Nothing waits',
    text: (count: number) => `${counted(count, { one: 'queue is', other: 'queues are' })} empty.`,
    show: 'Show them',
  },
  dead: {
    list: 'Dead letters',
    loading: 'Loading the dead letters',
    note: 'Messages that nobody could read, or that came back too often, and tasks that every agent died of.',
    columns: {
      when: 'Died',
      queue: 'Queue',
      what: 'What',
      reason: 'Why',
      returns: 'Came back',
      size: 'Size',
    },
    task: 'Task',
    message: 'Message',
    none: {
      title: 'No dead letters',
      text: 'What nobody can work on comes here with the reason, to be tried again or thrown away.',
    },
    notYours: {
      title: 'Not for you',
      text: 'Dead letters hold what runs work on: operators and admins see them.',
    },
    replayAll: (count: number, isAll: boolean) => `Replay all${isAll ? ` ${count}` : ''}`,
    replayAllTitle: (count: number, isAll: boolean) =>
      `Replay ${isAll ? counted(count, { one: 'dead letter', other: 'dead letters' }) : 'all dead letters'}?`,
    replayAllConsequence:
      'Messages go back into their queues. For each task a new run begins with its stage and takes over what came before. It goes on while the panel is open, on any page, and can be stopped.',
    replaying: (done: number, total: number | undefined) =>
      total === undefined
        ? `${counted(done, LETTERS)} replayed so far …`
        : `${done} of ${counted(total, LETTERS)} replayed …`,
    stop: 'Stop',
    replayed,
    stopped: (done: number, refused: number) =>
      `Stopped. ${replayed(done, refused)} The others are where they were.`,
    brokeOff: (done: number) =>
      `It broke off after ${counted(done, LETTERS)}. The others are where they were.`,
    refused: (message: string) => `One that could not be: ${message}`,
    replay: 'Replay',
    replayThis: 'Replay this dead letter',
    discardThis: 'Discard this dead letter',
    replayDone: 'It is tried again.',
    discard: 'Discard',
    discardTitle: 'Discard this dead letter?',
    discardConsequence: 'It is thrown away for good. A task of it stays failed.',
    discardDone: 'Discarded.',
    peek: 'What lies in it',
    peekNote: 'What is named like a secret is not shown.',
    cut: 'Only its beginning is shown.',
    sensitive: 'Hidden: it may hold what is marked sensitive. Owners and admins can look into it.',
    noPeek: 'You may see that it is there, and not what lies in it.',
    facts: {
      reason: 'Why',
      queue: 'Queue',
      when: 'Died',
      returns: 'Came back',
      priority: 'Priority',
      size: 'Size',
      run: 'Run',
      id: 'Letter',
    },
    times: (count: number) => (count === 0 ? 'never' : counted(count, { one: 'time', other: 'times' })),
    gone: 'It is gone: somebody has replayed or discarded it.',
    keys: { title: 'Dead letters', next: 'Next', previous: 'Previous', open: 'Open' },
  },
} as const;
