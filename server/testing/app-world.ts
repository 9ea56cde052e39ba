import { type HttpAnswer, startTestServer, type TestDoors, type TestServer } from './http.ts';
import { askMcp } from './mcp/ask-mcp.ts';
import { type Browser, joinAs, type Member, signInByLink } from './people.ts';

/** A server with people who let programs in. */
export interface AppWorld extends AsyncDisposable {
  http: TestServer;
  owner: Browser;
  /** An operator. */
  ada: Member;
}

export async function startAppWorld(): Promise<AppWorld> {
  const http = await startTestServer();
  const owner = await signInByLink(http, () => http.program.services.identity.links.issueOwnerLink());
  const ada = await joinAs(http, owner, 'operator');
  return { http, owner, ada, [Symbol.asyncDispose]: () => http[Symbol.asyncDispose]() };
}

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** Whether the token is let in. */
export const statusOf = async (doors: Pick<TestDoors, 'ask'>, token: string): Promise<number> =>
  (await askMcp(doors, { method: 'tools/list', headers: bearer(token) })).status;

/** What the protocol calls the refusal. */
export const refusedBy = (body: { error?: string }) => body.error;

export async function entriesOf(
  http: Pick<TestServer, 'call'>,
  action: string,
): Promise<{ reason?: string; target: string; actor: { kind: string } }[]> {
  const { body }: HttpAnswer = await http.call(`/api/v1/audit?action=${action}&limit=200`);
  return body.entries;
}
