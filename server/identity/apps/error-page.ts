import type { Context, ErrorOut } from './library.ts';

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";
const STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:15vh auto;padding:0 1.5rem;color-scheme:light dark}';

/** What is wrong with a request that cannot be answered to the program: whoever is in front of the browser reads it. */
export function drawError(context: Context, { error, error_description }: ErrorOut): void {
  const why = error_description === undefined ? error : `${error_description} (${error})`;
  context.set('content-security-policy', POLICY);
  context.type = 'html';
  context.body = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>The program was not let in</title><style>${STYLE}</style></head><body><h1>The program was not let in</h1><p>What it asked for cannot be done: ${asText(why)}.</p><p>Begin again in the program. If it comes to the same, tell its makers what stands here.</p></body></html>`;
}

const asText = (text: string): string => text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
