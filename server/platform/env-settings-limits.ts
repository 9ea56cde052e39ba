import { asWritten, setting } from './env-setting.ts';
import { byteSize, wholeNumber } from './env-values.ts';

/** A request may bring twenty calls, which must fit. */
const rate = () => wholeNumber(20, 100_000_000);

/** How much there may be of anything, and for whom. */
export const LIMIT_SETTINGS = {
  MAX_AGENTS: setting({
    group: 'Limits',
    readBy: ['web', 'coordinator'],
    schema: wholeNumber(1, 100_000),
    fallback: '100',
    about:
      'How many agents may be registered at once, those that come with Signalbox not counted; the next registration is refused.',
  }),
  MAX_CONCURRENT_TASKS: setting({
    group: 'Limits',
    schema: wholeNumber(1, 1_000_000),
    fallback: null,
    example: '50',
    about:
      'How many tasks may be handed out at once, with agents or in their queues, over all tenants and processes of the installation; the next ones wait and say `quota`. Unset: as many as agents and queues take. Every process needs the same value.',
  }),
  TASK_TIMEOUT: setting({
    group: 'Limits',
    schema: wholeNumber(1, 31_536_000),
    fallback: '3600',
    about: 'Seconds that one attempt may take when its stage does not say.',
  }),
  SIGNALBOX_PAYLOAD_INLINE_MAX: setting({
    group: 'Limits',
    schema: byteSize(1024, 1024 ** 2),
    fallback: '64KiB',
    about: 'Payloads up to this size stay in the database row; larger ones go to the object store.',
  }),
  SIGNALBOX_PAYLOAD_MAX: setting({
    group: 'Limits',
    schema: byteSize(1024, 4 * 1024 ** 3),
    fallback: '64MiB',
    about: 'Payloads past this size are refused (HTTP status 413).',
  }),
  SIGNALBOX_OUTBOX_MAX: setting({
    group: 'Limits',
    readBy: ['web', 'coordinator'],
    schema: wholeNumber(1, 100_000),
    fallback: '10000',
    about:
      'How many messages may wait in the database for a broker that takes none; then new runs are refused (HTTP status 503) until it takes them.',
  }),
  SIGNALBOX_WORKSPACE_MAX_BYTES: setting({
    group: 'Limits',
    readBy: ['web', 'agents'],
    schema: byteSize(1024 ** 2, 1024 ** 4),
    fallback: '256MiB',
    about:
      'What the files that the agents of one run share may take with all their versions, and what they say to each other.',
  }),
  SIGNALBOX_WORKSPACE_MAX_FILES: setting({
    group: 'Limits',
    readBy: ['web', 'agents'],
    schema: wholeNumber(1, 1_000_000),
    fallback: '10000',
    about: 'How many files the agents of one run may share.',
  }),
  SIGNALBOX_WORKSPACE_FILE_MAX_BYTES: setting({
    group: 'Limits',
    readBy: ['web', 'agents'],
    schema: byteSize(1024, 64 * 1024 ** 2),
    fallback: '4MiB',
    about: 'How large one of these files may be. It is held in memory while it is read or written.',
  }),
  SIGNALBOX_TASK_STATE_TTL: setting({
    group: 'Limits',
    readBy: ['web', 'coordinator'],
    schema: wholeNumber(1, 86_400),
    fallback: '600',
    about:
      'Seconds that what agents say of a run while they work on it (progress, lines) stays in hot state after the last word.',
  }),
  SIGNALBOX_STREAM_MAX: setting({
    group: 'Limits',
    readBy: ['web', 'coordinator'],
    schema: wholeNumber(1, 100_000),
    fallback: '100',
    about: "Entries that the stream of a run's progress and lines keeps in hot state; older ones fall out.",
  }),
  SIGNALBOX_SOCKETS_MAX: setting({
    group: 'Limits',
    readBy: ['web'],
    schema: wholeNumber(1, 1_000_000),
    fallback: '10000',
    about: 'How many connections for live events (`/ws`, `/socket.io`) one process holds; more are refused.',
  }),
  SIGNALBOX_SOCKETS_PER_ACTOR: setting({
    group: 'Limits',
    readBy: ['web'],
    schema: wholeNumber(1, 1_000_000),
    fallback: '2000',
    about:
      'How many of them one user or key may hold in one process; runs that are followed (`follow=1`) count too.',
  }),
  SIGNALBOX_SOCKETS_PER_ADDRESS: setting({
    group: 'Limits',
    readBy: ['web'],
    schema: wholeNumber(1, 1_000_000),
    fallback: '1000',
    about:
      'How many connections one address (a /64 of IPv6) may have open in one process that have not signed in yet; more are refused (HTTP status 503).',
  }),
  SIGNALBOX_RATE_READS: setting({
    group: 'Limits',
    readBy: ['web'],
    schema: rate(),
    fallback: '12000',
    about:
      'Calls a minute that only read, for each user, key, external token or address; the next ones are refused (HTTP status 429). All keys of one account together may ask ten times that. Never limited: the secret of the data folder, and this machine where only it reaches the server. With Redis the limits hold over all processes together.',
  }),
  SIGNALBOX_RATE_WRITES: setting({
    group: 'Limits',
    readBy: ['web'],
    schema: rate(),
    fallback: '6000',
    about: 'The same for calls that change something.',
  }),
  SIGNALBOX_RATE_AGENTS: setting({
    group: 'Limits',
    readBy: ['web'],
    schema: rate(),
    fallback: '60000',
    about: 'The same for beats, claims and reports, for each agent with a token of its own, user or key.',
  }),
  SIGNALBOX_RATE_SIGN_INS: setting({
    group: 'Limits',
    readBy: ['web'],
    schema: wholeNumber(1, 1_000_000),
    fallback: '10',
    guards: asWritten,
    about:
      'Attempts a minute to sign in, from one address (a /64 of IPv6) and for one account. While Redis is away each process goes on counting for itself.',
  }),
  SIGNALBOX_RUNS_PER_DAY: setting({
    group: 'Limits',
    readBy: ['web', 'coordinator'],
    schema: wholeNumber(1, 100_000_000),
    fallback: null,
    example: '50000',
    about:
      'How many runs, tasks on their own included, each organisation may start in a day (UTC); more are refused (HTTP status 429). Unset: no such limit.',
  }),
  SIGNALBOX_RUNS_PER_KEY_MINUTE: setting({
    group: 'Limits',
    readBy: ['web', 'coordinator'],
    schema: wholeNumber(1, 1_000_000),
    fallback: null,
    example: '600',
    about: 'How many of them one key or external token may start in a minute. Unset: no such limit.',
  }),
  SIGNALBOX_RUNS_IN_FLIGHT: setting({
    group: 'Limits',
    readBy: ['web', 'coordinator'],
    schema: wholeNumber(1, 1_000_000),
    fallback: null,
    example: '1000',
    about:
      'How many runs of each organisation may be in flight; the next ones are refused (HTTP status 429). Runs that are paused and hold nothing do not count. Several processes may exceed it by one start each. Unset: no such limit.',
  }),
} as const;
