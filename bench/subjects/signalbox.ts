import { CONCURRENCY, createInProcess } from '../signalbox/in-process.ts';
import { createOverRabbitmq } from '../signalbox/over-rabbitmq.ts';
import type { SubjectDefinition } from '../subject.ts';

/** Runs that are over, as the engine leaves them: five stages each, with outputs and events. */
const FINISHED_RUNS = 1_000_000;

export const subjects: readonly SubjectDefinition[] = [
  {
    name: 'signalbox',
    setting: `in process, one coordinator, 2 lanes of up to 500, ${CONCURRENCY} tasks at once; every section switched on`,
    durability: 'PostgreSQL commit (fsync) for each batch of transitions; every state, output and event kept',
    services: [{ kind: 'postgres' }],
    packages: ['postgres'],
    create: (env) => createInProcess(env),
  },
  {
    name: 'signalbox-redis',
    setting: 'as signalbox, with hot state in Redis and the doors for live events in a process of their own',
    durability: 'as signalbox',
    services: [{ kind: 'postgres' }, { kind: 'redis', persistence: 'none' }],
    packages: ['postgres', 'ioredis', 'ws'],
    onlyOnRequest: true,
    create: (env) => createInProcess(env),
  },
  {
    name: 'signalbox-million',
    setting: `as signalbox, with ${FINISHED_RUNS} finished runs in the database`,
    durability: 'as signalbox',
    services: [{ kind: 'postgres' }],
    packages: ['postgres'],
    onlyOnRequest: true,
    create: (env) => createInProcess(env, FINISHED_RUNS),
  },
  {
    name: 'signalbox-rabbitmq',
    setting: `stages over RabbitMQ and hot state in Redis, one coordinator, several stages in a message, ${CONCURRENCY} tasks at once`,
    durability: 'as signalbox; outbox rows until the broker has confirmed',
    services: [{ kind: 'postgres' }, { kind: 'rabbitmq' }, { kind: 'redis', persistence: 'everysec' }],
    packages: ['postgres', 'amqplib', 'ioredis'],
    create: createOverRabbitmq,
  },
];
