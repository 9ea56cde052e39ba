import type { SafeFetch } from '#server/platform/safe-fetch.ts';

export const WEB_LIMITS = { timeoutMs: 10_000, maxBytes: 1_000_000 };

type WebFetch = (
  url: string,
  init: { method?: string; headers?: HeadersInit; body?: unknown; signal?: AbortSignal | null | undefined },
) => Promise<Response>;

/** The one way out, in the form that libraries ask for: they fetch what an issuer's documents name. */
export function toWebFetch(fetch: SafeFetch, limits: typeof WEB_LIMITS = WEB_LIMITS): WebFetch {
  return async (url, { method = 'GET', headers, body, signal }) => {
    const answer = await fetch({
      url,
      method: method === 'POST' ? 'POST' : 'GET',
      headers: Object.fromEntries(new Headers(headers)),
      ...(body === undefined || body === null ? {} : { body: String(body) }),
      ...(signal ? { signal } : {}),
      ...limits,
    });
    const given = Object.entries(answer.headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value)] as [string, string]],
    );
    const hasBody = answer.status !== 204 && answer.status !== 304;
    return new Response(hasBody ? answer.body : null, { status: answer.status, headers: given });
  };
}
