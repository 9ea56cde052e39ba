import { ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/client';
import type { CallNote } from '#db/queries/mcp-calls.ts';
import { invalid, SignalboxError } from '#server/domain/errors.ts';
import { toUuid } from '#server/domain/ids.ts';
import { isJsonObject, type Json, type JsonObject, measureJson } from '#server/domain/json.ts';
import { type CallOutcome, RESOURCES, type ToolDefinition } from '#server/domain/mcp.ts';
import { withinSignal } from '#server/platform/within-signal.ts';
import type { Bucket, Drawn } from '#server/redis/port.ts';
import type { Peers } from '../connections/peers.ts';
import { asHeldBy, type Sessions, type Standing } from '../connections/sessions.ts';
import type { Journal } from '../log/journal.ts';
import { capabilitiesOf, lackOf } from '../questions/askable.ts';
import type { Hear } from '../questions/asking.ts';
import { createHearing } from '../questions/hearing.ts';
import { isOurRefusal, OUR_REFUSAL } from '../refusals.ts';
import { rateSubject } from '../tenant/caller.ts';
import { isRepeatable } from '../tenant/definitions.ts';
import { type ApprovedTool, type Connection, gatewayName } from '../tenant/directory.ts';
import { judge } from '../tenant/rules.ts';
import {
  answeredError,
  type Failure,
  isNeverSent,
  ownErrorIn,
  shownFault,
  toFailure,
} from '../upstream/faults.ts';
import { createLogFilter } from '../upstream/logs.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { Approvals } from './approvals.ts';
import { wordsOfCalledOff } from './called-off.ts';
import { createDeadline, type Deadline } from './deadline.ts';
import { exchange, ruledName, withOurUris } from './exchange.ts';
import { takePlace } from './place.ts';
import type { CallAnswer, CallRequest } from './request.ts';

export interface Calls {
  call(request: CallRequest): Promise<CallAnswer>;
}

export interface CallOptions {
  sessions: Sessions;
  journal: Journal;
  approvals: Approvals;
  /** Processes that call the same server have each their part of the calls that may be under way. */
  peers: Peers;
  takeRate(subject: string, bucket: Bucket): Promise<Drawn>;
  newUuid(): string;
  now(): number;
}

const MINUTE_MS = 60_000;
const ARGUMENTS = { maxBytes: 1_048_576, maxDepth: 64 };
const RESULT_DEPTH = 64;
/** So long a silent change may go unseen; a few seconds where a server takes long to say what it has. */
const PIN_AGE_MS = 1000;

export function createCalls(options: CallOptions): Calls {
  const { sessions, peers, now } = options;

  /** All that is asked before anything is sent. Answers with how to leave. */
  async function admit(
    request: CallRequest,
    { standing, trace }: { standing: Standing; trace: Trace },
    signal: AbortSignal,
  ): Promise<() => void> {
    const { caller, directory, tool, serverId, args } = request;
    const { connection, row } = tool;
    const measured = measureJson(args, ARGUMENTS);
    if (!measured.ok) throw invalid(`The arguments cannot be sent. ${measured.problem.message}`);
    trace.sentBytes = measured.bytes;
    const ruled = ruledName(row.name, args);
    const { effect } = judge(directory.rules, caller, { connectionId: connection.id, serverId, tool: ruled });
    if (effect === 'deny') throw denied(connection, ruled);
    const bucket = { size: connection.callsPerMinute, windowMs: MINUTE_MS };
    const drawn = await options.takeRate(`${connection.id}:${row.name}:${rateSubject(caller)}`, bucket);
    if (!drawn.isTaken) throw tooOften(connection, drawn.waitMs);
    const leave = await takePlace({ peers, standing }, connection, signal);
    // What goes on after a question was allowed when it began, unless the tool is another by now.
    const isAllowed = request.resumed?.definitionHash === row.pinnedHash;
    if (effect !== 'ask' || isAllowed) return leave;
    try {
      // Last of all: nobody is asked about a call that is refused anyway, and no grant is used up by one.
      trace.grant = await options.approvals.check(request);
      return leave;
    } catch (error) {
      standing.breaker.forget();
      leave();
      throw error;
    }
  }

  async function send(
    request: CallRequest,
    { signal, hear, trace }: { signal: AbortSignal; hear: Hear; trace: Trace },
  ): Promise<JsonObject> {
    const { row } = request.tool;
    const connection = asHeldBy(request.tool.connection, request.caller.userUuid);
    const capabilities = capabilitiesOf(request);
    const { hide } = sessions.standingOf(connection);
    const log = request.log && createLogFilter(request.log, { slug: connection.slug, hide });
    let { resumed } = request;
    // What people have said goes on to the next session: nobody is asked twice because the first has ended.
    const keepingHear: Hear = async (asked, carried) => {
      const answers = await hear(asked, carried);
      resumed = { ...carried, answers, definitionHash: row.pinnedHash };
      return answers;
    };
    for (let isRepeated = false; ; isRepeated = true) {
      const upstream = await sessions.pool.get(connection);
      const definition = await checkPin(upstream, { connection, row });
      signal.throwIfAborted();
      const { grant } = trace;
      trace.grant = null;
      try {
        const { args, onProgress } = request;
        const options = { signal, onProgress, hear: keepingHear, capabilities, log, resumed };
        return await exchange(upstream, { definition, args }, options);
      } catch (error) {
        if (isNeverSent(error)) trace.grant = grant;
        const failure = toFailure(error, (text) => text);
        if (failure.isSessionOver || upstream.isEnded) sessions.pool.drop(connection, upstream);
        if (isRepeated || signal.aborted || !mayRepeat(failure, upstream, row.pinned)) throw error;
      }
    }
  }

  /** What the server says of the tool now is what people have approved, to the letter. */
  async function checkPin(upstream: Upstream, { connection, row }: ApprovedTool): Promise<ToolDefinition> {
    const { timeoutMs } = connection;
    const offered = await upstream.offers.find(row.name, { timeoutMs, maxAgeMs: PIN_AGE_MS });
    if (offered?.hash === row.pinnedHash) return offered.definition;
    await sessions.refresh(connection, upstream);
    throw offered ? changed(connection, row.name) : gone(connection, row.name);
  }

  async function work(request: CallRequest, trace: Trace): Promise<CallAnswer> {
    const { connection } = request.tool;
    const standing = sessions.standingOf(connection);
    const { timeoutMs } = connection;
    const late = () => tooSlow(connection);
    const deadline = createDeadline({ timeoutMs, signal: request.signal, now, late });
    const { signal } = deadline;
    try {
      const leave = await admit(request, { standing, trace }, signal);
      try {
        trace.isSent = true;
        const hear = createHearing(request, { deadline, takeRate: options.takeRate, leave });
        // A session that is being opened is for others too, so it goes on without this call.
        const sending = () => withinSignal(send(request, { signal, hear, trace }), signal);
        const answer = await answerOf(sending, request, standing);
        const result = keep(answer.plain, { request, standing, trace });
        standing.breaker.settle(false);
        return { result, isError: result.isError === true, code: answer.code, ms: 0 };
      } catch (error) {
        // The server could not be reached, or is another: nothing has gone out, so the grant is there still.
        if (trace.grant !== null) await options.approvals.giveBack(trace.grant);
        throw settleFailure(error, { request, standing, ended: deadline.why() });
      } finally {
        leave();
      }
    } finally {
      deadline.stop();
    }
  }

  /** Tells the breaker whose fault it was, and makes of it what people can read. */
  function settleFailure(
    error: unknown,
    {
      request,
      standing,
      ended,
    }: { request: CallRequest; standing: Standing; ended: ReturnType<Deadline['why']> },
  ): unknown {
    const { connection } = request.tool;
    if (request.signal.aborted && !ended) {
      standing.breaker.forget();
      return request.signal.reason;
    }
    const cause = ended ? ended.reason : error;
    const own = ownErrorIn(cause);
    // What it would have been nobody knows: it ended where it was larger than anything that is passed on.
    const cut = own?.code === 'TOO_LARGE' && own.advice === undefined ? tooLarge(own.message) : null;
    if (isOurRefusal(own)) {
      standing.breaker.forget();
      return own;
    }
    const known = cut ?? toFailure(cause, standing.hide).error;
    standing.breaker.settle(true);
    sessions.noteFault(connection, shownFault(cause, known));
    return known;
  }

  return {
    async call(request) {
      const before = now();
      const trace: Trace = { isSent: false, grant: null, sentBytes: 0, gotBytes: 0 };
      let outcome: CallOutcome = 'fault';
      let problem: string | null = null;
      try {
        const answer = await work(request, trace);
        outcome = answer.isError ? 'tool-error' : 'answered';
        return { ...answer, ms: now() - before };
      } catch (error) {
        if (request.signal.aborted) {
          outcome = 'stopped';
          problem = wordsOfCalledOff(request.caller.door, request.signal.reason);
          throw error;
        }
        if (!trace.isSent || isOurRefusal(error)) outcome = 'refused';
        problem = error instanceof Error ? error.message : String(error);
        throw error;
      } finally {
        const { sentBytes, gotBytes } = trace;
        const about = { outcome, problem, ms: now() - before, sentBytes, gotBytes };
        options.journal.write(noteOf(request, options, about));
      }
    },
  };
}

interface Trace {
  isSent: boolean;
  /** Taken for this call, as long as nothing of it has gone out. */
  grant: string | null;
  sentBytes: number;
  gotBytes: number;
}

/** An error that the server answers with is the tool's own, as far as models go: they may do better next time. */
async function answerOf(
  send: () => Promise<JsonObject>,
  request: CallRequest,
  { hide }: Standing,
): Promise<{ plain: JsonObject; code: number | null }> {
  try {
    return { plain: await send(), code: null };
  } catch (error) {
    if (error instanceof ProtocolError && error.code === ProtocolErrorCode.MissingRequiredClientCapability)
      throw lackOf(request, (error.data as { requiredCapabilities?: unknown })?.requiredCapabilities);
    const answered = answeredError(error, hide);
    if (answered === null) throw error;
    const { words, code } = answered;
    return { plain: { content: [{ type: 'text', text: words }], isError: true }, code };
  }
}

interface Kept {
  request: CallRequest;
  standing: Standing;
  trace: Trace;
}

/** The answer as it is passed on: not too large, without our own credentials, and marked. */
function keep(answer: JsonObject, { request, standing, trace }: Kept): JsonObject {
  const { directory, tool } = request;
  const { connection } = tool;
  const canRead = directory.approved.has(gatewayName(connection.slug, RESOURCES));
  const plain = canRead ? withOurUris(connection.slug, answer) : answer;
  const measured = measureJson(plain, { maxBytes: connection.maxResultBytes, maxDepth: RESULT_DEPTH });
  if (!measured.ok) throw tooLarge(measured.problem.message);
  trace.gotBytes = measured.bytes;
  const kept = standing.hasSecrets() ? withoutSecrets(plain, standing) : plain;
  const marked = { 'signalbox/untrusted': true, 'signalbox/connection': connection.slug };
  return { ...(isJsonObject(kept) ? kept : {}), _meta: marked };
}

function withoutSecrets(plain: JsonObject, { hide }: Standing): Json {
  const text = JSON.stringify(plain);
  const shown = hide(text);
  return shown === text ? plain : JSON.parse(shown);
}

const mayRepeat = ({ isUnsent, isLost }: Failure, upstream: Upstream, tool: ToolDefinition): boolean =>
  isUnsent || (isRepeatable(tool) && (isLost === true || upstream.isEnded));

function noteOf(
  { caller, tool: { connection, row } }: CallRequest,
  { newUuid, now }: CallOptions,
  about: Pick<CallNote, 'outcome' | 'problem' | 'ms' | 'sentBytes' | 'gotBytes'>,
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

function tooLarge(why: string): SignalboxError {
  return new SignalboxError('TOO_LARGE', `The answer cannot be passed on. ${why}`, {
    advice: 'Ask for less, or raise the size of answers that the connection lets through.',
  });
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
