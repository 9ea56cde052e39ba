import type { CompleteRequestParams, CompleteResult } from '@modelcontextprotocol/client';
import type { JsonObject } from '#server/domain/json.ts';
import type { CallDoor } from '#server/domain/mcp.ts';
import type { PromptEntry, ResourceEntry, TemplateEntry } from '#server/gateway/library.ts';
import type { View } from '#server/gateway/tenant/views.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { type CallContext, toCaller } from './call.ts';

/** Of a virtual server; left out: of all that is connected. */
export interface Of {
  server?: string | undefined;
}

const viewOf = ({ server }: Of): View =>
  server === undefined ? { kind: 'all' } : { kind: 'server', slug: server };
const doorOf = ({ server }: Of): CallDoor => (server === undefined ? 'gateway' : 'server');

export async function listGatewayPrompts(services: Services, actor: Actor, of: Of): Promise<PromptEntry[]> {
  authorise(actor, 'mcp.read');
  return services.gateway.listPrompts(toCaller(actor, doorOf(of)), viewOf(of));
}

type Asked = Omit<CallContext, 'door'>;

/** What it says was written by another server: data, never instructions. */
export async function getGatewayPrompt(
  services: Services,
  actor: Actor,
  { server, ...asked }: Of & Asked & { name: string; args: JsonObject },
): Promise<JsonObject> {
  authorise(actor, 'mcp.call');
  return services.gateway.getPrompt(toCaller(actor, doorOf({ server })), {
    ...asked,
    view: viewOf({ server }),
  });
}

export async function listGatewayResources(
  services: Services,
  actor: Actor,
  of: Of,
): Promise<ResourceEntry[]> {
  authorise(actor, 'mcp.read');
  return services.gateway.listResources(toCaller(actor, doorOf(of)), viewOf(of));
}

export async function listGatewayTemplates(
  services: Services,
  actor: Actor,
  of: Of,
): Promise<TemplateEntry[]> {
  authorise(actor, 'mcp.read');
  return services.gateway.listTemplates(toCaller(actor, doorOf(of)), viewOf(of));
}

export async function readGatewayResource(
  services: Services,
  actor: Actor,
  { server, ...asked }: Of & Asked & { uri: string },
): Promise<JsonObject> {
  authorise(actor, 'mcp.call');
  return services.gateway.readResource(toCaller(actor, doorOf({ server })), {
    ...asked,
    view: viewOf({ server }),
  });
}

export async function watchGatewayResource(
  services: Services,
  actor: Actor,
  { server, uri, changed }: Of & { uri: string; changed(): void },
): Promise<() => void> {
  authorise(actor, 'mcp.call');
  return services.gateway.watchResource(toCaller(actor, doorOf({ server })), {
    ...{ uri, changed, view: viewOf({ server }) },
  });
}

export async function completeAtGateway(
  services: Services,
  actor: Actor,
  { server, params }: Of & { params: CompleteRequestParams },
): Promise<CompleteResult> {
  authorise(actor, 'mcp.call');
  return services.gateway.complete(toCaller(actor, doorOf({ server })), viewOf({ server }), params);
}
