import type { CallToolResult } from '@modelcontextprotocol/client';
import type { CallNote } from '#db/queries/mcp-calls.ts';
import { invalid, SignalboxError } from '#server/domain/errors.ts';
import { toUuid } from '#server/domain/ids.ts';
import { isJsonObject, type Json, type JsonObject, measureJson } from '#server/domain/json.ts';
import type { CallOutcome, ToolDefinition } from '#server/domain/mcp.ts';
import type { Bucket, Drawn } from '#server/redis/port.ts';
import type { Approvals } from './approvals.ts';
import type { CallAnswer, CallRequest } from './call-request.ts';
import { rateSubject } from './caller.ts';
import type { ApprovedTool, Connection } from './directory.ts';
import { answeredError, type Failure, OUR_REFUSAL, ownErrorIn, toFailure } from './faults.ts';
import type { Journal } from './journal.ts';
import { judge } from './rules.ts';
import { asHeldBy, type Sessions, type Standing } from './sessions.ts';
import type { Upstream } from './upstream.ts';

export interface Calls {
  call(request: CallRequest): Promise<CallAnswer>;
}

export interface CallOptions {
  sessions: Sessions;
  journal: Journal;
  approvals: Approvals;
  takeRate(subject: string, bucket: Bucket): Promise<Drawn>;
  newUuid(): string;
  now(): number;
}

const MINUTE_MS = 60_000;
const ARGUMENTS = { maxBytes: 1_048_576, maxDepth: 64 };
const RESULT_DEPTH = 64;

export function createCalls(options: CallOptions): Calls {
  const { sessions, now } = options;

  /** All that is asked before anything is sent. Answers with how to leave. */
  async function admit(request: CallRequest, standing: Standing, signal: AbortSignal): Promise<() => void> {
    const { caller, directory, tool, args } = request;
    const { connection, row } = tool;
    const measured = measureJson(args, ARGUMENTS);
    if (!measured.ok) throw invalid(`The arguments cannot be sent. ${measured.problem.message}`);
    const { effect } = judge(directory.rules, caller, { connectionId: connection.id, tool: row.name });
    if (effect === 'deny') throw denied(connection, row.name);
    const bucket = { size: connection.callsPerMinute, windowMs: MINUTE_MS };
    const drawn = await options.takeRate(`${connection.id}:${row.name}:${rateSubject(caller)}`, bucket);
    if (!drawn.isTaken) throw tooOften(connection, drawn.waitMs);
    // Last of what is asked of others, so that nobody is asked about a call that is refused anyway.
    if (effect === 'ask') await options.approvals.check(request);
    const leave = await standing.gate.enter(connection.maxConcurrent, signal);
    try {
      standing.breaker.admit();
      return leave;
    } catch (error) {
      leave();
      throw error;
    }
  }

  async function send(request: CallRequest, signal: AbortSignal): Promise<CallToolResult> {
    const { row } = request.tool;
    const connection = asHeldBy(request.tool.connection, request.caller.userUuid);
    for (let isRepeated = false; ; isRepeated = true) {
      const upstream = await sessions.pool.get(connection);
      const definition = await checkPin(upstream, { connection, row });
      try {
        return await upstream.callTool(definition, request.args, {
          signal,
          timeoutMs: connection.timeoutMs,
          onProgress: request.onProgress,
        });
      } catch (error) {
        const failure = toFailure(error, (text) => text);
        if (failure.isSessionOver || upstream.isEnded) sessions.pool.drop(connection, upstream);
        if (isRepeated || signal.aborted || !mayRepeat(failure, upstream, row.pinned)) throw error;
      }
    }
  }

  /** What the server says of the tool now is what people have approved, to the letter. */
  async function checkPin(upstream: Upstream, { connection, row }: ApprovedTool): Promise<ToolDefinition> {
    const listed = upstream.knownTool(row.name);
    const offered = listed ?? (await upstream.tools({ timeoutMs: connection.timeoutMs })).get(row.name);
    if (offered?.hash === row.pinnedHash) return offered.definition;
    await sessions.refresh(connection, upstream);
    throw offered ? changed(connection, row.name) : gone(connection, row.name);
  }

  async function work(request: CallRequest, trace: Trace): Promise<CallAnswer> {
    const { connection } = request.tool;
    const standing = sessions.standingOf(connection.id);
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(tooSlow(connection)), connection.timeoutMs);
    const signal = AbortSignal.any([request.signal, late.signal]);
    try {
      const leave = await admit(request, standing, signal);
      try {
        trace.isSent = true;
        const answer = await answerOf(() => send(request, signal), standing);
        const result = keep(answer, { connection, standing, trace });
        standing.breaker.settle(false);
        return { result, isError: result.isError === true, ms: 0 };
      } catch (error) {
        throw settleFailure(error, { request, standing, late: late.signal });
      } finally {
        leave();
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** Tells the breaker whose fault it was, and makes of it what people can read. */
  function settleFailure(
    error: unknown,
    { request, standing, late }: { request: CallRequest; standing: Standing; late: AbortSignal },
  ): unknown {
    const { connection } = request.tool;
    if (request.signal.aborted && !late.aborted) {
      standing.breaker.forget();
      return request.signal.reason;
    }
    const own = ownErrorIn(error);
    if (own?.details === OUR_REFUSAL) {
      standing.breaker.forget();
      return own;
    }
    const known = late.aborted ? (late.reason as SignalboxError) : toFailure(error, standing.hide).error;
    standing.breaker.settle(true);
    sessions.noteFault(connection, known.message);
    return known;
  }

  return {
    async call(request) {
      const before = now();
      const trace: Trace = { isSent: false, gotBytes: 0 };
      let outcome: CallOutcome = 'fault';
      let problem: string | null = null;
      try {
        const answer = await work(request, trace);
        outcome = answer.isError ? 'tool-error' : 'answered';
        return { ...answer, ms: now() - before };
      } catch (error) {
        const isOurs = error instanceof SignalboxError;
        if (request.signal.aborted) outcome = 'stopped';
        else if (!trace.isSent || (isOurs && error.details === OUR_REFUSAL)) outcome = 'refused';
        problem = error instanceof Error ? error.message : String(error);
        throw error;
      } finally {
        const about = { outcome, problem, ms: now() - before, gotBytes: trace.gotBytes };
        options.journal.write(noteOf(request, options, about));
      }
    },
  };
}

interface Trace {
  isSent: boolean;
  gotBytes: number;
}

/** An error that the server answers with is the tool's own, as far as models go: they may do better next time. */
async function answerOf(send: () => Promise<CallToolResult>, { hide }: Standing): Promise<CallToolResult> {
  try {
    return await send();
  } catch (error) {
    const words = answeredError(error, hide);
    if (words === null) throw error;
    return { content: [{ type: 'text', text: words }], isError: true };
  }
}

interface Kept {
  connection: Connection;
  standing: Standing;
  trace: Trace;
}

/** The answer as it is passed on: not too large, without our own credentials, and marked. */
function keep(answer: CallToolResult, { connection, standing, trace }: Kept): JsonObject {
  const { content, structuredContent, isError } = answer;
  const plain = {
    content,
    ...(structuredContent === undefined ? {} : { structuredContent }),
    ...(isError === true ? { isError } : {}),
  };
  const measured = measureJson(plain, { maxBytes: connection.maxResultBytes, maxDepth: RESULT_DEPTH });
  if (!measured.ok) {
    throw new SignalboxError('TOO_LARGE', `The answer cannot be passed on. ${measured.problem.message}`, {
      advice: 'Ask for less, or raise the size of answers that the connection lets through.',
    });
  }
  trace.gotBytes = measured.bytes;
  const text = JSON.stringify(plain);
  const shown = standing.hide(text);
  const kept: Json = shown === text ? (plain as unknown as Json) : JSON.parse(shown);
  const marked = { 'signalbox/untrusted': true, 'signalbox/connection': connection.slug };
  return { ...(isJsonObject(kept) ? kept : {}), _meta: marked };
}

function mayRepeat({ isUnsent }: Failure, upstream: Upstream, { annotations }: ToolDefinition): boolean {
  if (isUnsent) return true;
  // The approval covers what the tool says of itself, so it may be believed as far as asking twice goes.
  const isSafe = annotations?.readOnlyHint === true || annotations?.idempotentHint === true;
  return isSafe && upstream.isEnded;
}

function noteOf(
  { caller, tool: { connection, row }, args }: CallRequest,
  { newUuid, now }: CallOptions,
  about: Pick<CallNote, 'outcome' | 'problem' | 'ms' | 'gotBytes'>,
): CallNote {
  return {
    id: toUuid(newUuid().replaceAll('-', '')),
    orgUuid: toUuid(caller.orgId),
    connectionUuid: connection.id,
    tool: row.name,
    door: caller.door,
    callerKind: caller.kind,
    callerId: caller.id,
    callerName: caller.name,
    runUuid: caller.run?.runUuid ?? null,
    ...about,
    problem: about.problem?.replaceAll('\u0000', '\uFFFD').slice(0, 1000) ?? null,
    ms: Math.round(about.ms),
    sentBytes: Buffer.byteLength(JSON.stringify(args)),
    at: new Date(now()).toISOString(),
  };
}

function denied({ slug }: Connection, tool: string): SignalboxError {
  return new SignalboxError('FORBIDDEN', `A rule forbids this caller ${tool} of ${slug}.`, {
    advice: 'Ask an owner or admin to change the rules.',
  });
}

function tooOften({ slug, callsPerMinute }: Connection, waitMs: number): SignalboxError {
  const seconds = Math.max(1, Math.ceil(waitMs / 1000));
  return new SignalboxError(
    'LIMITED',
    `Too many calls of this tool of ${slug}: ${callsPerMinute} in a minute may come from each caller.`,
    { advice: `Try again in ${seconds} seconds.`, details: { retryAfterSeconds: seconds } },
  );
}

function tooSlow({ slug, timeoutMs }: Connection): SignalboxError {
  return new SignalboxError('UNAVAILABLE', `${slug} has not answered within ${timeoutMs / 1000} seconds.`, {
    advice: 'Try again, or raise the time that calls of the connection may take.',
  });
}

function changed({ slug }: Connection, tool: string): SignalboxError {
  return new SignalboxError('FORBIDDEN', `${tool} of ${slug} is not what was approved any more.`, {
    advice: 'Ask an owner or admin to look at what has changed, and to approve it.',
    details: OUR_REFUSAL,
  });
}

function gone({ slug }: Connection, tool: string): SignalboxError {
  return new SignalboxError('NOT_FOUND', `${slug} offers no tool ${tool} any more.`, {
    advice: 'List the tools again.',
    details: OUR_REFUSAL,
  });
}
