import type { ServiceNeed, SubjectDefinition, SubjectEnv } from '../subject.ts';

/** Runs that are over, as the engine leaves them: five stages each, with outputs and events. */
const FINISHED_RUNS = 1_000_000;

const IN_PROCESS =
  'agents called in the process, 2 lanes of up to 500, 1,000 tasks at once in each process; every section switched on';
const OVER_RABBITMQ =
  'tasks and reports over RabbitMQ, several in a message; hot state in Redis; 1,000 tasks at once in each process; every section switched on';
const TWO = 'chains start through both by turns, single runs through the first';
const COMMITS =
  'PostgreSQL commit (fsync) for each batch of transitions; every state, output and event kept; told after the commit';
const CONFIRMS = `${COMMITS}; persistent messages, publisher confirms on, outbox rows kept until confirmed`;

const POSTGRES: readonly ServiceNeed[] = [{ kind: 'postgres' }];
const ALL: readonly ServiceNeed[] = [
  ...POSTGRES,
  { kind: 'rabbitmq' },
  { kind: 'redis', persistence: 'everysec' },
];

async function create(env: SubjectEnv, coordinators: 1 | 2) {
  const { createSubject } = await import('../signalbox/subject.ts');
  return createSubject(env, { coordinators });
}

const inProcess = { services: POSTGRES, packages: ['postgres'], durability: COMMITS };
const overRabbitmq = {
  services: ALL,
  packages: ['postgres', 'amqplib', 'ioredis'],
  durability: CONFIRMS,
};

export const subjects: readonly SubjectDefinition[] = [
  {
    ...inProcess,
    name: 'signalbox',
    setting: `one coordinator; ${IN_PROCESS}`,
    create: (env) => create(env, 1),
  },
  {
    ...inProcess,
    name: 'signalbox-two',
    setting: `two coordinators on one database; ${IN_PROCESS}; ${TWO}`,
    variantOf: 'signalbox',
    create: (env) => create(env, 2),
  },
  {
    ...overRabbitmq,
    name: 'signalbox-rabbitmq',
    setting: `one coordinator; ${OVER_RABBITMQ}`,
    variantOf: 'signalbox',
    create: (env) => create(env, 1),
  },
  {
    ...overRabbitmq,
    name: 'signalbox-rabbitmq-two',
    setting: `two coordinators on one database; ${OVER_RABBITMQ}; ${TWO}`,
    variantOf: 'signalbox-rabbitmq',
    create: (env) => create(env, 2),
  },
  {
    ...inProcess,
    name: 'signalbox-million',
    setting: `as signalbox, with ${FINISHED_RUNS.toLocaleString('en-US')} finished runs in the database`,
    onlyOnRequest: true,
    variantOf: 'signalbox',
    async prepare(urls) {
      const { addFinishedRuns } = await import('../signalbox/finished-runs.ts');
      await addFinishedRuns(urls, FINISHED_RUNS);
    },
    async create(env) {
      const { createFullSubject } = await import('../signalbox/subject.ts');
      return createFullSubject(env);
    },
  },
  {
    ...inProcess,
    name: 'signalbox-doors',
    setting:
      'one process with all roles but pages, asked over HTTP with an API key; four weeks of history; callers of this machine, who are not limited',
    onlyOnRequest: true,
    only: ['api'],
    async prepare(urls, { historyRuns }) {
      const { fillHistory } = await import('../signalbox/doors.ts');
      await fillHistory(urls, historyRuns);
    },
    async create(env) {
      const { createDoors } = await import('../signalbox/doors.ts');
      return createDoors(env);
    },
  },
];
