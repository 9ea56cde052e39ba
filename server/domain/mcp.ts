import type { Json, JsonObject } from './json.ts';

/** The words of upstream MCP servers. */
export const CONNECTION_KINDS = ['http', 'stdio'] as const;
export type ConnectionKind = (typeof CONNECTION_KINDS)[number];

/** Which generation of the protocol a server speaks: with sessions (2025-11-25 and before), or without (2026-07-28). */
export type Generation = '2025' | '2026';

/** Where a call came in: at the organisation's endpoint, at a virtual server's, as a request, from a stage. */
export const CALL_DOORS = ['gateway', 'server', 'api', 'pipeline'] as const;
export type CallDoor = (typeof CALL_DOORS)[number];

export const RULE_EFFECTS = ['allow', 'ask', 'deny'] as const;
export type RuleEffect = (typeof RULE_EFFECTS)[number];

/** `caller`: one person or key by id; `agent`: of a stage that runs there; `pipeline`: stages of its runs. */
export const RULE_SUBJECT_KINDS = ['everybody', 'role', 'caller', 'agent', 'pipeline'] as const;
export type RuleSubjectKind = (typeof RULE_SUBJECT_KINDS)[number];

/**
 * What a server may ask in the middle of a call: people, by a form or a page, the caller's language model, and which
 * folders the caller works in. Rules name all of it as they name tools.
 */
export const ELICITATION = 'elicitation/create';
export const SAMPLING = 'sampling/createMessage';
export const ROOTS = 'roots/list';

/** What a caller lends only where a rule says so by this name. */
export const LOANS = [SAMPLING, ROOTS] as const;
export type Loan = (typeof LOANS)[number];
export const isLoan = (method: string): method is Loan => LOANS.some((loan) => loan === method);

/** What a server asks in the middle of its work, in the protocol's form. */
export interface Question {
  method: typeof ELICITATION | Loan;
  params: JsonObject;
}

/** What is asked at once, by the names under which the server looks for the answers. */
export type Questions = Readonly<Record<string, Question>>;
export type Answers = Readonly<Record<string, JsonObject>>;

/** Whoever calls, as far as they can be asked. */
export interface Askable {
  canFill: boolean;
  canOpen: boolean;
  canSample: boolean;
  canListRoots: boolean;
  /** Resolves with an answer to each in the protocol's form: also when it is declined or closed. */
  ask(questions: Questions, about: Asking): Promise<Answers>;
}

/** Who asks, in the middle of which call. */
export interface Asking {
  connectionUuid: string;
  tool: string;
  /** What was approved of the tool. */
  definitionHash: string;
  /** The tool says of itself that it may be called twice. */
  isRepeatable: boolean;
  /** As people can check it. */
  sender: string;
  /** A server of the new generation remembers nothing: it is told this again with the answers. Null: a session waits for them. */
  carried: Carried | null;
}

/** What the server wants to find again. */
export interface Carried {
  requestState?: string;
}

/** A call that goes on with the answers to what it was asked, though whoever began it may be gone. */
export interface Resumed extends Carried {
  answers: Answers;
  definitionHash: string;
}

/** One of the things that a question asks, by the name under which the server looks for the answer. */
export interface QuestionPart {
  name: string;
  params: JsonObject;
}

/** `lost`: the session that waited for the answer has ended before it was given. */
export const QUESTION_STATES = ['asked', 'answered', 'used', 'expired', 'lost', 'dropped'] as const;
export type QuestionState = (typeof QUESTION_STATES)[number];

/** What people say to a question, in the protocol's words: cancelled is neither said yes nor no. */
export const ANSWER_ACTIONS = ['accept', 'decline', 'cancel'] as const;
export type AnswerAction = (typeof ANSWER_ACTIONS)[number];

/** How bad a line of a log is, from the least. */
export const LOG_LEVELS = [
  ...(['debug', 'info', 'notice', 'warning'] as const),
  ...(['error', 'critical', 'alert', 'emergency'] as const),
] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What a server says about its work on a call. */
export interface LogLine {
  level: LogLevel;
  data: Json;
  logger?: string;
}

/** Hears what a server logs meanwhile. */
export interface LogEar {
  /** The least that is wanted; left out, nothing is asked for. */
  level?: LogLevel | undefined;
  tell(line: LogLine): void;
}

/** How far a call is. */
export interface Progress {
  progress: number;
  total?: number | undefined;
  message?: string | undefined;
}

export const APPROVAL_STATES = ['asked', 'granted', 'refused', 'used'] as const;
export type ApprovalState = (typeof APPROVAL_STATES)[number];

/**
 * `answered`: the tool did what it does. `tool-error`: it answered that it could not. `fault`: no answer that counts.
 * `refused`: it was never sent, or what the server asked for meanwhile was refused. `stopped`: the caller went away.
 */
export const CALL_OUTCOMES = ['answered', 'tool-error', 'fault', 'refused', 'stopped'] as const;
export type CallOutcome = (typeof CALL_OUTCOMES)[number];

/** `new` and `changed` are in quarantine until people approve them; `gone`: approved, and offered no more. */
export const TOOL_STATES = ['approved', 'new', 'changed', 'blocked', 'gone'] as const;
export type ToolState = (typeof TOOL_STATES)[number];

/** What a server says of a tool, as far as we pass it on. */
export interface ToolDefinition {
  name: string;
  title?: string;
  description?: string;
  inputSchema: JsonObject;
  outputSchema?: JsonObject;
  annotations?: JsonObject;
}

/**
 * What else of a server is approved, ruled and logged, stands among its tools: a prompt as `prompts/<name>`, and that
 * its resources are read as `resources/*`. No tool can have such a name.
 */
export const PROMPT_PREFIX = 'prompts/';
export const RESOURCE_PREFIX = 'resources/';
export const RESOURCES = `${RESOURCE_PREFIX}*`;

export type OfferKind = 'tool' | 'prompt' | 'resources';

export function offerKindOf(name: string): OfferKind {
  if (name === RESOURCES) return 'resources';
  return name.startsWith(PROMPT_PREFIX) ? 'prompt' : 'tool';
}

/** What deserves a second look before a tool is approved. */
export const DEFINITION_WARNINGS = [
  'hidden-characters',
  'html-comment',
  'long-text',
  'external-schema',
] as const;
export type DefinitionWarning = (typeof DEFINITION_WARNINGS)[number];

/** A tool of a virtual server. */
export interface ServerTool {
  connectionId: string;
  tool: string;
  /** As it is called there; left out: as in the gateway. */
  name?: string;
  title?: string;
  description?: string;
  /** Arguments that every call has; callers neither see nor change them. */
  arguments?: JsonObject;
}

/** `each`: whoever calls signs in at the server for themselves; `shared`: somebody does for everybody. */
export const SIGN_IN_MODES = ['each', 'shared'] as const;
export type SignInMode = (typeof SIGN_IN_MODES)[number];

/** How people sign in at a server. Its secret, if the client has one, is sealed. */
export interface SignInSettings {
  mode: SignInMode;
  /** As the server's people have registered us; left out: by a document of ours, or by registering when it is needed. */
  clientId?: string;
  /** Asked for instead of what the server proposes. */
  scope?: string;
  /** Some authorization servers refuse requests that name what a token is for. */
  omitsResource?: boolean;
  /** Who gave out the first token. No other is sent credentials, whatever the server says later. */
  issuer?: string;
}

export type SignInState = 'signed-in' | 'needed';

/** Who everybody's sign-in is kept under. */
export const EVERYBODY = '00000000000000000000000000000000';

export interface CallerNote {
  kind: string;
  id: string;
  name: string;
}

/** Between the name of a connection and that of its tool: `wiki__ask_question`. */
export const TOOL_SEPARATOR = '__';
export const MAX_TOOL_NAME = 128;

export const SLUG = /^[a-z][a-z0-9-]{0,31}$/;

/** Sealed values of connections. No list shows them, and nobody stores or deletes them by name. */
export const MCP_SECRETS = 'mcp/';

export const connectionSecretPrefix = (connectionUuid: string): string => `${MCP_SECRETS}${connectionUuid}/`;
export const connectionSecretName = (connectionUuid: string, name: string): string =>
  `${connectionSecretPrefix(connectionUuid)}${name}`;
/** Tokens, and clients that we have registered. They outlive a change of headers. */
export const signInSecretPrefix = (connectionUuid: string): string =>
  `${MCP_SECRETS}oauth/${connectionUuid}/`;
export const isConnectionSecret = (name: string): boolean => name.startsWith(MCP_SECRETS);

/** What stands where a tool stands between approval and quarantine. */
export function toolStateOf(tool: {
  blocked: boolean;
  pinnedHash: string | null;
  offeredHash: string | null;
}): ToolState {
  if (tool.blocked) return 'blocked';
  if (tool.pinnedHash === null) return 'new';
  if (tool.offeredHash === null) return 'gone';
  return tool.offeredHash === tool.pinnedHash ? 'approved' : 'changed';
}
