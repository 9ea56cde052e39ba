import type { InputRequiredResult, ReadResourceResult } from '@modelcontextprotocol/server';
import type { Json, JsonObject } from '#server/domain/json.ts';
import type { Action } from '#server/identity/permissions.ts';
import {
  completeAtGateway,
  getGatewayPrompt,
  listGatewayPrompts,
  listGatewayResources,
  listGatewayTemplates,
  readGatewayResource,
  watchGatewayResource,
} from '#server/services/mcp/library.ts';
import type { McpCall } from './call.ts';
import type { Talk } from './conversation.ts';
import { type Conversations, createConversations } from './conversations.ts';
import { createPerProgram } from './per-program.ts';
import type { Asked, PromptSource, ResourceSource } from './served.ts';
import { watchView } from './watch-view.ts';

/** Prompts and resources of upstream servers, as clients are served them. */

const NEEDS: readonly Action[] = ['mcp.call'];

export const conversationsOf: (services: McpCall['services']) => Conversations = createPerProgram(
  ({ gateway }) => createConversations(gateway.relay),
);

/** Of a virtual server, when the path names one. */
export const viewOf = ({ params }: McpCall): { server?: string } =>
  params?.name === undefined ? {} : { server: params.name };

function converse<Result extends object>(
  call: McpCall,
  { context, client, about }: Asked & { about: Json },
  work: (talk: Talk) => Promise<JsonObject>,
): Promise<Result | InputRequiredResult> {
  return conversationsOf(call.services).converse<Result>(call, {
    ...{ context, client, about },
    // As the server's own library has read it.
    work: async (talk) => (await work(talk)) as unknown as Result,
  });
}

export const upstreamPrompts: PromptSource = {
  needs: NEEDS,
  list: (call) => listGatewayPrompts(call.services, call.actor, viewOf(call)),
  get: (call, { name, args, ...asked }) => {
    const view = viewOf(call);
    return converse(call, { ...asked, about: ['prompts/get', view.server ?? null, name, args] }, (talk) =>
      getGatewayPrompt(call.services, call.actor, { ...view, ...talk, name, args }),
    );
  },
  complete: (call, params) => completeAtGateway(call.services, call.actor, { ...viewOf(call), params }),
  watch: (call, changed) =>
    watchView(call, () => listGatewayPrompts(call.services, call.actor, viewOf(call)), changed),
};

export const upstreamResources: ResourceSource = {
  needs: NEEDS,
  list: (call) => listGatewayResources(call.services, call.actor, viewOf(call)),
  templates: (call) => listGatewayTemplates(call.services, call.actor, viewOf(call)),
  read: (call, { uri, ...asked }) => {
    const view = viewOf(call);
    return converse<ReadResourceResult>(
      call,
      { ...asked, about: ['resources/read', view.server ?? null, uri] },
      (talk) => readGatewayResource(call.services, call.actor, { ...view, ...talk, uri }),
    );
  },
  complete: (call, params) => completeAtGateway(call.services, call.actor, { ...viewOf(call), params }),
  watch: (call, uri, changed) =>
    watchGatewayResource(call.services, call.actor, { ...viewOf(call), uri, changed }),
  async watchList(call, changed) {
    const { services, actor } = call;
    const templates = await watchView(
      call,
      () => listGatewayTemplates(services, actor, viewOf(call)),
      changed,
    );
    const lists = services.gateway.onResources(({ orgId }) => {
      if (orgId === actor.orgId) changed();
    });
    return () => {
      templates();
      lists();
    };
  },
};
