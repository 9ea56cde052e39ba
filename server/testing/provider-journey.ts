import { expect } from 'vitest';
import { wayOutSchema } from '#server/api/rest/provider-routes.ts';
import type { Jar } from './cookie-jar.ts';
import type { HttpAnswer, TestServer } from './http.ts';

/** The way of a browser to a provider and back, step by step. */
export function createProviderJourney(server: () => TestServer) {
  async function begin(jar: Jar, id: string, wish: object = {}): Promise<HttpAnswer> {
    const http = server();
    const headers = { cookie: jar.header(), origin: http.origin, 'sec-fetch-site': 'same-origin' };
    const answer = await http.ask(`/api/v1/auth/providers/${id}/start`, { body: wish, headers });
    jar.take(answer.headers);
    // As it is documented, and no more than that.
    if (answer.status === 200) expect(wayOutSchema.parse(answer.body)).toEqual(answer.body);
    return answer;
  }

  /** Through the provider's pages, up to the address that leads back to us. */
  async function visit(jar: Jar, url: string): Promise<string> {
    let at = url;
    while (!at.startsWith(server().origin)) {
      const answer = await fetch(at, { redirect: 'manual', headers: { cookie: jar.header() } });
      jar.take(answer.headers);
      const location = answer.headers.get('location');
      if (!location) throw new Error(`${at} answered ${answer.status}: ${await answer.text()}`);
      at = new URL(location, at).href;
    }
    return at;
  }

  /** Where the browser is sent then. */
  async function comeBack(jar: Jar, url: string): Promise<string | null> {
    const http = server();
    const answer = await http.ask(url.slice(http.origin.length), { headers: { cookie: jar.header() } });
    jar.take(answer.headers);
    expect(answer.status).toBe(303);
    return answer.headers.get('location');
  }

  async function signIn(jar: Jar, id: string, wish: object = {}): Promise<string | null> {
    const { body } = await begin(jar, id, wish);
    return comeBack(jar, await visit(jar, body.url));
  }

  return { begin, visit, comeBack, signIn };
}
