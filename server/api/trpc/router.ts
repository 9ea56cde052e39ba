import {
  initTRPC,
  type TRPCBuiltRouter,
  type TRPCDefaultErrorShape,
  TRPCError,
  type TRPCMutationProcedure,
  type TRPCQueryProcedure,
} from '@trpc/server';
import type { z } from 'zod';
import { type ErrorCode, SignalboxError } from '#server/domain/errors.ts';
import { misfit } from '#server/services/parse-input.ts';
import { unauthenticated } from '../http/gate.ts';
import { refuseOtherOrg } from '../http/meant-org.ts';
import { knownOf, type Problem, toProblem } from '../http/problem.ts';
import { noteRefusal } from '../note-refusal.ts';
import { type Operations, operations } from '../operations/index.ts';
import {
  isOpen,
  isRaw,
  isReply,
  type JsonOperation,
  type Operation,
  type OperationCall,
} from '../operations/operation.ts';

export interface TrpcContext extends OperationCall {
  requestId: string;
  /** For which organisation the page that asks was drawn. */
  meantOrg: string | undefined;
}

type ErrorShape = TRPCDefaultErrorShape & { data: { problem: Problem } };

interface Root {
  ctx: TrpcContext;
  meta: object;
  errorShape: ErrorShape;
  transformer: false;
}

type ProcedureOf<Op> =
  Op extends JsonOperation<infer M, infer Input, infer Output>
    ? M extends 'GET'
      ? TRPCQueryProcedure<Typed<Input, Output>>
      : TRPCMutationProcedure<Typed<Input, Output>>
    : never;

interface Typed<Input extends z.ZodType, Output extends z.ZodType> {
  input: z.input<Input>;
  output: z.output<Output>;
  meta: object;
  errorShape: ErrorShape;
}

type Procedures = {
  [Noun in keyof Operations]: {
    [Verb in keyof Operations[Noun] as Operations[Noun][Verb] extends { output: z.ZodType }
      ? Verb
      : never]: ProcedureOf<Operations[Noun][Verb]>;
  };
};

/** What the panel knows of the server: `import type` it. */
export type AppRouter = TRPCBuiltRouter<Root, Procedures>;

const t = initTRPC.context<TrpcContext>().create({
  errorFormatter({ shape, error, ctx }) {
    const problem = toProblem(
      error.cause instanceof SignalboxError ? error.cause : invalidOf(error),
      ctx?.requestId ?? '',
    );
    const { stack: _, ...data } = shape.data;
    return { ...shape, message: problem.detail, data: { ...data, problem } };
  },
});

/** The operations that answer with JSON, as procedures: queries for GET, mutations for the rest. */
export const appRouter = buildRouter() as unknown as AppRouter;

function buildRouter() {
  const nouns = Object.entries(operations).map(([noun, verbs]) => {
    const procedures = Object.entries(verbs as Record<string, Operation>).flatMap(([verb, operation]) =>
      isRaw(operation) ? [] : [[verb, toProcedure(operation)] as const],
    );
    return [noun, t.router(Object.fromEntries(procedures))] as const;
  });
  return t.router(Object.fromEntries(nouns));
}

function toProcedure(operation: JsonOperation) {
  const procedure = t.procedure.input(operation.input);
  const resolve = async ({ ctx, input }: { ctx: TrpcContext; input: unknown }) => {
    try {
      if (ctx.actor.kind === 'nobody' && !isOpen(operation)) throw unauthenticated();
      refuseOtherOrg(operation, ctx);
      const result = await operation.handle(ctx, input as Record<string, unknown>);
      return isReply(result) ? result.output : result;
    } catch (error) {
      // Under the route that REST has for it, so that both doors count as one.
      noteRefusal({ ...ctx, route: `${operation.method} ${operation.path}` }, error);
      throw toTrpcError(error);
    }
  };
  return operation.method === 'GET' ? procedure.query(resolve) : procedure.mutation(resolve);
}

/** The library has a closed list of codes, which give the status of the answer. */
const TRPC_CODE: Record<ErrorCode, TRPCError['code']> = {
  INVALID: 'BAD_REQUEST',
  UNAUTHENTICATED: 'UNAUTHORIZED',
  FORBIDDEN: 'FORBIDDEN',
  NOT_FOUND: 'NOT_FOUND',
  CONFLICT: 'CONFLICT',
  OTHER_ORG: 'CONFLICT',
  STALE_EPOCH: 'CONFLICT',
  STALE_REVISION: 'PRECONDITION_FAILED',
  TOO_LARGE: 'PAYLOAD_TOO_LARGE',
  LIMITED: 'TOO_MANY_REQUESTS',
  UNAVAILABLE: 'SERVICE_UNAVAILABLE',
  INTERNAL: 'INTERNAL_SERVER_ERROR',
};

function toTrpcError(error: unknown): TRPCError {
  const known = knownOf(error);
  return new TRPCError({
    code: known ? TRPC_CODE[known.code] : 'INTERNAL_SERVER_ERROR',
    cause: known ?? error,
  });
}

/** Errors of the library itself: an input that does not fit, a procedure that is not there. */
function invalidOf(error: TRPCError): unknown {
  // status-words: codes of the library
  if (error.code === 'NOT_FOUND') return new SignalboxError('NOT_FOUND', error.message);
  if (error.code === 'INTERNAL_SERVER_ERROR') return error;
  const { issues } = (error.cause ?? {}) as { issues?: Parameters<typeof misfit>[0] };
  return issues && issues.length > 0 ? misfit(issues) : new SignalboxError('INVALID', error.message);
}
