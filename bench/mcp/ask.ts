// biome-ignore lint/suspicious/noExplicitAny: whoever asks knows what the answer is
export type Ask = (path: string, body?: object, method?: string) => Promise<any>;

/** The REST API, as the owner of this machine. */
export function createAsk(origin: string, secret: string): Ask {
  return async (path, body, method = body ? 'POST' : 'GET') => {
    const response = await fetch(`${origin}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text.slice(0, 500)}`);
    return text === '' ? null : JSON.parse(text);
  };
}
