import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Program {
  /** What it opens the browser with. */
  address: string;
  /** Where it listens. */
  host: string;
  /** Fetches a token once the browser has come back, and asks for its tools. */
  comeIn(): Promise<{ status: number; scope: string }>;
  close(): void;
}

/** A program on this machine that signs its person in at a server. Its name is not as harmless as it looks. */
export async function startProgram(origin: string): Promise<Program> {
  let code: string | null = null;
  const listener = createServer((request, response) => {
    code ??= new URL(request.url ?? '/', 'http://localhost').searchParams.get('code');
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end(
      '<!doctype html><link rel="icon" href="data:,"><title>Done</title>You may go back to the program.',
    );
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(listener.address() as AddressInfo).port}`;
  const redirect_uri = `http://${host}/callback`;
  const registered = await fetch(`${origin}/oauth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ client_name: 'Notebook <b>in?', redirect_uris: [redirect_uri] }),
  });
  const { client_id } = (await registered.json()) as { client_id: string };
  const verifier = randomBytes(32).toString('base64url');
  const asked = new URLSearchParams({
    ...{ client_id, redirect_uri, response_type: 'code', scope: 'runs:read pipelines:read', state: 'x' },
    ...{
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    },
  });
  let token: { access_token: string; scope: string } | undefined;

  async function fetchToken() {
    const body = new URLSearchParams({
      ...{
        grant_type: 'authorization_code',
        client_id,
        redirect_uri,
        code: code ?? '',
        code_verifier: verifier,
      },
    });
    const answer = await fetch(`${origin}/oauth/token`, { method: 'POST', body });
    return (await answer.json()) as { access_token: string; scope: string };
  }

  return {
    address: `${origin}/oauth/authorize?${asked}`,
    host,
    async comeIn() {
      token ??= await fetchToken();
      const answer = await fetch(`${origin}/mcp`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${token.access_token}`,
          accept: 'application/json, text/event-stream',
          'content-type': 'application/json',
        },
        body: JSON.stringify({
          ...{ jsonrpc: '2.0', id: 1, method: 'initialize' },
          params: {
            ...{ protocolVersion: '2025-11-25', capabilities: {} },
            clientInfo: { name: 'a-test', version: '1' },
          },
        }),
      });
      return { status: answer.status, scope: token.scope };
    },
    close() {
      listener.closeAllConnections();
      listener.close();
    },
  };
}
