import type { Kind } from './programs.ts';

const KIND_WORDS: Record<Kind, string> = {
  typescript: 'TypeScript',
  python: 'Python',
  http: 'HTTP',
  curl: 'curl',
  amqp: 'AMQP',
};

export const words = {
  title: 'Enrol an agent',
  description: 'Name it, take the program with you, start it. It is seen here as soon as it comes in.',
  name: 'Name',
  nameHint: 'What it registers with. Its token is for this name alone.',
  capability: 'Capability',
  capabilityHint: 'What it can do, and what a stage’s type asks for.',
  badCapability:
    'A capability has small letters, digits, dots, _ and -, 63 at most, and begins with a letter or a digit.',
  make: 'Make its token',
  again: 'Enrol another',
  close: 'Close',
  kinds: KIND_WORDS,
  kind: 'Written in',
  once: 'The token stands in the command below. It is shown this once and kept nowhere: copy it now.',
  install: '1. Install what it needs',
  nothing: 'It needs nothing beside itself.',
  there: { curl: 'It needs curl and jq, which most systems have.' } satisfies Partial<
    Record<Kind, string>
  > as Partial<Record<Kind, string>>,
  notes: {
    typescript: 'The SDK comes from this server: no registry is asked.',
    python:
      'The SDK comes from this server and is put beside the program: neither an index nor pip is needed. In a virtual environment, pip install takes the same address.',
    amqp: 'The library comes from npm’s registry.',
  } satisfies Partial<Record<Kind, string>> as Partial<Record<Kind, string>>,
  save: (file: string) => `2. Save this as ${file}`,
  run: '3. Start it',
  installLabel: 'what to install',
  textLabel: 'the program',
  runLabel: 'the command that starts it',
  amqp: 'Over RabbitMQ an agent signs in to the broker and needs no token: put your broker’s address into the command.',
  noBroker: 'This installation has no RabbitMQ',
  noBrokerNote:
    'An agent cannot come over it. Set RABBITMQ_URL where the server is started, or choose another way.',
  waiting: (name: string) => `Waiting for ${name} to come in …`,
  came: (name: string) => `${name} is here.`,
  show: 'Show it',
} as const;
