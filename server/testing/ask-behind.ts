import { request } from 'node:http';
import type { TestDoors } from './http.ts';

/** Asks the process at `origin` as a proxy would that stands at `name`. */
export function askBehind(origin: string, name: string): TestDoors['ask'] {
  return (path, { method, body, headers = {} } = {}) =>
    new Promise((resolve, reject) => {
      const isJson = body !== undefined;
      const outgoing = request(
        `${origin}${path}`,
        {
          method: method ?? (isJson ? 'POST' : 'GET'),
          headers: {
            ...(isJson ? { 'content-type': 'application/json' } : {}),
            ...headers,
            host: new URL(name).host,
          },
        },
        async (incoming) => {
          const text = (await incoming.setEncoding('utf8').toArray()).join('');
          const given = Object.entries(incoming.headersDistinct).flatMap(([key, values]) =>
            (values ?? []).map((value) => [key, value] as [string, string]),
          );
          const isRead = /[/+]json\b/.test(incoming.headers['content-type'] ?? '') && text !== '';
          resolve({
            status: incoming.statusCode ?? 0,
            headers: new Headers(given),
            body: isRead ? JSON.parse(text) : text,
          });
        },
      );
      outgoing.on('error', reject);
      outgoing.end(isJson ? JSON.stringify(body) : undefined);
    });
}
