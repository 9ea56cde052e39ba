import { notFound } from '#server/domain/errors.ts';
import { parseInput } from '#server/services/parse-input.ts';
import type { Route } from '../http/router.ts';
import { counted } from './counted.ts';
import { tools } from './index.ts';
import { findOffered, runOffered } from './offered.ts';
import { rateOf, type Tool } from './tool.ts';

export const TOOLS_PATH = '/tools';

/** A pipeline that is offered as a tool. Ours, whose paths are spelt out, come before it. */
const offeredRoute: Route = {
  method: 'POST',
  path: `${TOOLS_PATH}/{name}`,
  async handle({ services, actor, signal, body, params: { name = '' } }) {
    const call = { services, actor, signal, progress: () => undefined, say: () => undefined };
    const offered = await findOffered(call, name);
    if (!offered) throw notFound('tool', name);
    return { status: 200, body: await counted(call, () => runOffered(call, offered, body)) };
  },
};

/** The tools over plain HTTP: `POST /tools/<name>` with the input as JSON. */
export const toolRoutes: readonly Route[] = [...tools.map(toRoute), offeredRoute];

function toRoute(tool: Tool): Route {
  return {
    method: 'POST',
    path: `${TOOLS_PATH}/${tool.name}`,
    rate: rateOf(tool),
    async handle({ services, actor, signal, body }) {
      const input = parseInput(tool.input, body);
      const call = { services, actor, signal, progress: () => undefined, say: () => undefined };
      return { status: 200, body: await counted(call, () => tool.handle(call, input)) };
    },
  };
}
