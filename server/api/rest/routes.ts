import { parseInput } from '#server/services/parse-input.ts';
import { meantOrgOf, refuseOtherOrg } from '../http/meant-org.ts';
import type { Answer, Call, Route } from '../http/router.ts';
import { listOperations } from '../operations/index.ts';
import {
  isOpen,
  isRaw,
  isReply,
  isUpload,
  type JsonOperation,
  type Operation,
} from '../operations/operation.ts';
import type { BrowserRoute } from './browser-route.ts';
import { providerRoutes } from './provider-routes.ts';
import { createInputReader } from './read-input.ts';
import { signInRoutes } from './sign-in-routes.ts';

/** What is no operation and yet of the API. */
export const browserRoutes: readonly BrowserRoute[] = [...providerRoutes, ...signInRoutes];

/** The operations as `/api/v1`. */
export const restRoutes: readonly Route[] = [
  ...listOperations().map(({ operation }) => toRoute(operation)),
  ...browserRoutes,
];

function toRoute(operation: Operation): Route {
  const { method, path } = operation;
  const read = createInputReader(operation);
  return {
    method,
    path,
    readsBody: isUpload(operation),
    isSecret: operation.isSecret === true,
    isTagged: !isRaw(operation) && operation.isTagged === true,
    isWhole: !isRaw(operation) && operation.stream === undefined,
    ...(isOpen(operation) ? { isOpen: true } : {}),
    ...(operation.rate ? { rate: operation.rate } : {}),
    async handle(call) {
      refuseOtherOrg(operation, { actor: call.actor, meantOrg: meantOrgOf(call.headers) });
      const input = parseInput(operation.input, read(call));
      if (isRaw(operation)) return operation.answer(call, input);
      if (operation.stream?.isAskedFor(input)) return operation.stream.answer(call, input);
      return answerWithJson(operation, call, input);
    },
  };
}

async function answerWithJson(
  operation: JsonOperation,
  call: Call,
  input: Record<string, unknown>,
): Promise<Answer> {
  const result = await operation.handle(call, input);
  const status = operation.status ?? 200;
  if (!isReply(result)) return { status, body: result };
  return { status: result.status ?? status, body: result.output, headers: result.headers ?? {} };
}
