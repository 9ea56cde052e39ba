import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server';
import type { AppRouter } from '../../server/api/trpc/router.ts';
import { serverClock } from './server-clock.ts';
import { words } from './words.ts';

type Inputs = inferRouterInputs<AppRouter>;
type Outputs = inferRouterOutputs<AppRouter>;

/** An operation by its name in the server's table: `runs.list`. */
export type Path = {
  [Noun in keyof Outputs & string]: `${Noun}.${keyof Outputs[Noun] & string}`;
}[keyof Outputs & string];

type At<Table, P extends Path> = P extends `${infer Noun}.${infer Verb}`
  ? Noun extends keyof Table
    ? Verb extends keyof Table[Noun]
      ? Table[Noun][Verb]
      : never
    : never
  : never;

/** What an operation takes, and what it answers. */
export type Input<P extends Path> = At<Inputs, P>;
export type Answer<P extends Path> = At<Outputs, P>;

export interface Issue {
  path: readonly string[];
  message: string;
}

interface ErrorFacts {
  code: string;
  advice?: string | undefined;
  issues?: readonly Issue[] | undefined;
}

/** An answer that says what went wrong, in the API's own words. */
export class ApiError extends Error {
  readonly code: string;
  readonly advice: string | undefined;
  /** Which fields of the request do not fit, where some do not. */
  readonly issues: readonly Issue[];

  constructor(message: string, { code, advice, issues = [] }: ErrorFacts) {
    super(message);
    this.code = code;
    this.advice = advice;
    this.issues = issues;
  }
}

/** Sent along, so that a tab whose session has gone over to another organisation since is told so. */
let meantOrg: Record<string, string> | undefined;

/** The organisation that this tab shows, from when it is known; a new page begins anew. */
export function meanOrg(id: string): void {
  meantOrg = { 'signalbox-org': id };
}

interface AskOptions {
  signal?: AbortSignal | undefined;
}

/** Asks for something that changes nothing. */
export function ask<P extends Path>(path: P, input: Input<P>, options: AskOptions = {}): Promise<Answer<P>> {
  const address = addressOf(path, input);
  return call<P>(address, { signal: options.signal ?? null }, takeEarly(address));
}

export function addressOf<P extends Path>(path: P, input: Input<P>): string {
  return input === undefined ? path : `${path}?input=${encodeURIComponent(JSON.stringify(input))}`;
}

declare global {
  interface Window {
    /** What the page asked for before its script was there (`early.tsx`), by address. */
    signalboxAsked?: Record<string, Promise<Response>>;
  }
}

const EARLY_MS = 30_000;

/** Once, and not by whoever comes back to the page later: that wants an answer of its own. */
function takeEarly(address: string): Promise<Response> | undefined {
  if (typeof window === 'undefined' || performance.now() > EARLY_MS) return undefined;
  const asked = window.signalboxAsked?.[address];
  delete window.signalboxAsked?.[address];
  return asked;
}

/** Has something done. */
export function act<P extends Path>(path: P, input: Input<P>): Promise<Answer<P>> {
  return call<P>(path, {
    ...{ method: 'POST', body: JSON.stringify(input) },
    headers: { 'content-type': 'application/json' },
  });
}

/**
 * tRPC's protocol as far as the panel needs it: a request for each question, since together in one they would all wait
 * for the slowest. Its own client is ten times as much for every page to load.
 */
async function call<P extends Path>(
  address: string,
  init: RequestInit,
  early?: Promise<Response>,
): Promise<Answer<P>> {
  const headers = { ...init.headers, ...meantOrg };
  // What was asked for early went out at some time since the page began.
  const sentAt = Date.now() - (early === undefined ? 0 : performance.now());
  const response = await (early ?? fetch(`/api/trpc/${address}`, { ...init, headers })).catch(fail);
  const serverMs = Number(response.headers.get('signalbox-time'));
  if (serverMs > 0) serverClock.hear({ serverMs, sentAt, receivedAt: Date.now() });
  const { result, error } = (await response.json().catch(fail)) as Envelope<Answer<P>>;
  if (result) return result.data;
  const problem = error?.data?.problem;
  throw problem ? toError(problem, error.message) : silent();
}

interface Envelope<Data> {
  result?: { data: Data };
  error?: { message: string; data?: { problem?: object } };
}

/** What REST alone has: files, stored contents, ways to other providers. */
export async function rest(path: string, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(`/api/v1${path}`, {
    ...init,
    headers: { ...init.headers, ...meantOrg },
  }).catch(fail);
  if (response.ok) return response;
  throw toError(await response.json().catch(() => ({})), words.answered(response.status));
}

/** Who signs people in for programs that come to this address, as programs themselves ask for it. */
export async function readIssuers(signal: AbortSignal): Promise<string[]> {
  const response = await fetch('/.well-known/oauth-protected-resource/mcp', { signal }).catch(fail);
  if (!response.ok) throw silent();
  const { authorization_servers: issuers } = (await response.json()) as { authorization_servers: string[] };
  return issuers;
}

function fail(error: unknown): never {
  throw isAbort(error) ? error : silent();
}

const isAbort = (error: unknown): boolean => error instanceof DOMException && error.name === 'AbortError';

const silent = () =>
  new ApiError(words.silent, {
    code: 'OFFLINE',
    advice: words.silentAdvice,
  });

function toError(problem: object, otherwise: string): ApiError {
  const { detail, code = 'INTERNAL', advice, issues } = problem as { detail?: string } & Partial<ErrorFacts>;
  return new ApiError(detail ?? otherwise, { code, advice, issues });
}
