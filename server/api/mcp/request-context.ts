import type { ServerContext } from '@modelcontextprotocol/server';

/** What work on a request needs of it, whoever has read it. */
export interface RequestContext {
  mcpReq: Pick<
    ServerContext['mcpReq'],
    '_meta' | 'envelope' | 'inputResponses' | 'requestState' | 'signal' | 'send' | 'notify' | 'log'
  >;
}
