import { extractWWWAuthenticateParams } from '@modelcontextprotocol/client';
import type { SafeStream } from '#server/platform/safe-fetch.ts';
import { headersOf } from '../http/fetch.ts';
import type { Line, LineRequest } from '../http/line.ts';
import type { Connection } from '../tenant/directory.ts';
import type { SignIns } from './sign-ins.ts';

export interface SignedLineOptions {
  connection: Connection;
  signIns: Pick<SignIns, 'tokenFor' | 'replace' | 'giveUp'>;
  line: Line;
  /** So that it is taken out of what the server writes. */
  onToken(token: string): void;
}

/** Requests to the server of a connection, with the token of whoever calls. No other server is ever sent it. */
export function createSignedLine({ connection, signIns, line, onToken }: SignedLineOptions): Line {
  const { origin } = new URL(connection.url ?? '');

  async function send(request: LineRequest, token: string): Promise<SafeStream> {
    onToken(token);
    return line({ ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } });
  }

  return async (request) => {
    if (new URL(request.url).origin !== origin) return line(request);
    const token = await signIns.tokenFor(connection);
    const first = await send(request, token);
    if (first.status !== 401) return judge(first);
    first.close();
    const second = await send(request, await signIns.replace(connection, token));
    if (second.status !== 401) return judge(second);
    second.close();
    throw await signIns.giveUp(connection, {
      problem: 'The server does not take what its authorization server gives out.',
    });
  };

  async function judge(answer: SafeStream): Promise<SafeStream> {
    if (answer.status !== 403) return answer;
    const { error, scope } = extractWWWAuthenticateParams(new Response(null, { headers: headersOf(answer) }));
    if (error !== 'insufficient_scope') return answer;
    answer.close();
    const problem = 'The server wants more rights than were given.';
    throw await signIns.giveUp(connection, { problem, wantedScope: scope ?? null });
  }
}
