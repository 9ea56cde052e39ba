import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';
import type { ErrorCode } from '#server/domain/errors.ts';
import type { Actor } from '#server/identity/actor.ts';
import type { RateClass } from '#server/identity/limits/rates.ts';
import type { Services } from '#server/services/context.ts';
import type { Answer, Method } from '../http/router.ts';
import type { SessionKeeper } from '../http/session-cookie.ts';

/** What every operation works with, whichever door it was called through. */
export interface OperationCall {
  services: Services;
  actor: Actor;
  browser: SessionKeeper;
  /** The caller has gone; nobody will read the answer. */
  signal: AbortSignal;
}

export type InputSchema = z.ZodObject;

interface Described<Input extends InputSchema> {
  method: Method;
  /** `{name}` takes the input's field of that name. */
  path: string;
  /** One line, as a heading. */
  summary: string;
  description?: string;
  /**
   * Fields as they travel. Those in the path come from there, those of `HEADER_FIELDS` from headers, the rest from the
   * query of a GET or DELETE and from the body of anything else.
   */
  input: Input;
  /** The answer holds a secret, which is shown once. */
  isSecret?: true;
  /** Who may ask at all; left out: whoever has signed in or shows a key. `person`: about the account that asks. */
  by?: 'anybody' | 'person';
  /** As which it is counted; left out, GET reads and all else writes. */
  rate?: RateClass;
  /** Beyond those that every operation has. */
  errors?: readonly ErrorCode[];
  /** A call that works. Ids of `examples.ts` stand for things of that kind; a test makes them and makes the call. */
  example: z.input<Input>;
}

/** Answers with JSON; served as REST and as tRPC. */
export interface JsonOperation<
  M extends Method = Method,
  Input extends InputSchema = InputSchema,
  Output extends z.ZodType = z.ZodType,
> extends Described<Input> {
  method: M;
  output: Output;
  /** Of success, when nothing else is said by a `reply`. 200 when left out. */
  status?: number;
  handle(
    call: OperationCall,
    input: z.output<Input>,
  ): Promise<z.input<Output> | Reply<z.input<Output>>> | z.input<Output>;
  /**
   * It is asked for again and again and hardly changes: it has an ETag of what it holds, and whoever got it may keep it
   * to ask whether it still is so.
   */
  isTagged?: true;
  /** The same under another content type, when the input asks for it. REST alone has it. */
  stream?: Stream<Input>;
}

/** Takes or answers with something that is not JSON. REST alone has it. */
export interface RawOperation<Input extends InputSchema = InputSchema> extends Described<Input> {
  contentType: string | readonly string[];
  /** Content types of a body that `answer` reads from the request itself; fields then come from path and query. */
  uploads?: readonly string[];
  answer(call: RawCall, input: z.output<Input>): Promise<Answer>;
}

export interface RawCall extends OperationCall {
  request: IncomingMessage;
}

interface Stream<Input extends InputSchema> {
  contentType: string;
  description: string;
  isAskedFor(input: z.output<Input>): boolean;
  answer(call: OperationCall, input: z.output<Input>): Promise<Answer>;
}

export type Operation = JsonOperation | RawOperation;

/** Input fields that travel as headers. */
export const HEADER_FIELDS: Readonly<Record<string, string>> = {
  idempotency_key: 'idempotency-key',
  if_match: 'if-match',
  last_event_id: 'last-event-id',
};

/** The identity function: it makes TypeScript infer what `handle` takes and gives. */
export function operation<const M extends Method, Input extends InputSchema, Output extends z.ZodType>(
  definition: JsonOperation<M, Input, Output>,
): JsonOperation<M, Input, Output> {
  return definition;
}

export function rawOperation<Input extends InputSchema>(
  definition: RawOperation<Input>,
): RawOperation<Input> {
  return definition;
}

/** To those too who have not signed in. */
export const isOpen = ({ by }: Operation): boolean => by === 'anybody';

export const isRaw = (operation: Operation): operation is RawOperation => 'answer' in operation;

export const isUpload = (operation: Operation): boolean =>
  isRaw(operation) && operation.uploads !== undefined;

const REPLY = Symbol('reply');

/** An output with what HTTP says beside it; other doors take the output alone. */
export interface Reply<Output> {
  [REPLY]: true;
  output: Output;
  status?: number;
  headers?: Record<string, string>;
}

export function reply<Output>(
  output: Output,
  http: { status?: number; headers?: Record<string, string> },
): Reply<Output> {
  return { [REPLY]: true, output, ...http };
}

export const isReply = (result: unknown): result is Reply<unknown> =>
  typeof result === 'object' && result !== null && REPLY in result;

/** What was made, and where it is. */
export function created<Output>(output: Output, location: string, isNew = true): Reply<Output> {
  return reply(output, { ...(isNew ? {} : { status: 200 }), headers: { location } });
}
