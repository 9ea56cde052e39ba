/** What public ids look like, for pages that would otherwise load all of zod to look at one. */
export const PREFIX_OF = {
  org: 'org',
  pipe: 'pipe',
  ver: 'ver',
  run: 'run',
  agent: 'agent',
  letter: 'letter',
  user: 'user',
  session: 'ses',
  passkey: 'pky',
  key: 'key',
  agentToken: 'atk',
  invite: 'inv',
  bulk: 'bulk',
  notificationTarget: 'ntg',
  delivery: 'ndl',
  mcpConnection: 'mcpc',
  mcpServer: 'mcps',
  mcpRule: 'mcpr',
  mcpApproval: 'mcpa',
  mcpQuestion: 'mcpq',
  mcpCall: 'mcpl',
  app: 'app',
} as const;
export type IdKind = keyof typeof PREFIX_OF;

export const idPattern = (kind: IdKind): RegExp => new RegExp(`^${PREFIX_OF[kind]}_[0-9a-f]{32}$`);

export const isId = (kind: IdKind, text: string | null): text is string =>
  text !== null && idPattern(kind).test(text);

/** The bare body of a public id: Postgres reads it as a uuid without dashes. */
export const bodyOf = (id: string): string => id.slice(id.lastIndexOf('_') + 1);

/**
 * A task is named by its run and its place in it, so its id needs no column and no index of its own:
 * `task_<run body>_<place>`.
 */
export const taskIdText = (runId: string, index: number): string => `task_${bodyOf(runId)}_${index}`;
