import { parseInput } from '#server/services/parse-input.ts';
import type { Route } from '../http/router.ts';
import { tools } from './index.ts';
import { rateOf, type Tool } from './tool.ts';

export const TOOLS_PATH = '/tools';

/** The tools over plain HTTP: `POST /tools/<name>` with the input as JSON. */
export const toolRoutes: readonly Route[] = tools.map(toRoute);

function toRoute(tool: Tool): Route {
  return {
    method: 'POST',
    path: `${TOOLS_PATH}/${tool.name}`,
    rate: rateOf(tool),
    async handle({ services, actor, signal, body }) {
      const input = parseInput(tool.input, body);
      const call = { services, actor, signal, progress: () => undefined, say: () => undefined };
      return { status: 200, body: await tool.handle(call, input) };
    },
  };
}
