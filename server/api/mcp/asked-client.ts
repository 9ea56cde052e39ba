import {
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  type Server,
  type ServerContext,
} from '@modelcontextprotocol/server';

/** What the client of a request can be asked before it is answered, and how. */
export interface AskedClient {
  /** Of the new generation: a question is an answer, and the request comes again. */
  isNew: boolean;
  canFill: boolean;
  canOpen: boolean;
  canSample: boolean;
}

/** The new generation says with each request what it can, the old one when its session begins. */
export function clientOf(server: Server, { mcpReq: { envelope } }: ServerContext): AskedClient {
  const isNew = envelope !== undefined;
  const said: Readonly<Record<string, unknown>> = envelope ?? {};
  const capabilities = (isNew ? said[CLIENT_CAPABILITIES_META_KEY] : server.getClientCapabilities()) as
    | ClientCapabilities
    | undefined;
  const { elicitation, sampling } = capabilities ?? {};
  return {
    isNew,
    // Before there were two kinds, saying nothing more meant forms.
    canFill: elicitation !== undefined && (elicitation.form !== undefined || elicitation.url === undefined),
    canOpen: elicitation?.url !== undefined,
    canSample: sampling !== undefined,
  };
}
