import { make } from './dom.mjs';

/**
 * The form of one operation: its fields as inputs, its body as text, and what the server answered.
 * @param {{ path: string, method: string, operation: any, key: () => string }} what
 */
export function makeTryIt({ path, method, operation, key }) {
  const parameters = operation.parameters ?? [];
  const inputs = new Map(parameters.map((parameter) => [parameter, makeInput(parameter)]));
  const content = operation.requestBody?.content?.['application/json'];
  const body = content
    ? make('textarea', {
        value: JSON.stringify(content.example ?? {}, null, 2),
        ariaLabel: 'Body',
        spellcheck: false,
      })
    : null;
  const answer = make('div', { ariaLive: 'polite' });
  const read = () => readRequest({ path, method, inputs, body, key: key() });
  const send = make('button', { type: 'button', textContent: 'Send' });
  send.addEventListener('click', () => void run(read, { answer, send }));
  const copy = make('button', { type: 'button', textContent: 'Copy as curl', className: 'second' });
  copy.addEventListener('click', async () => {
    await navigator.clipboard.writeText(curlOf(read()));
    copy.textContent = 'Copied';
    setTimeout(() => {
      copy.textContent = 'Copy as curl';
    }, 1500);
  });
  return make(
    'div',
    {},
    ...(inputs.size > 0 ? [make('h3', { textContent: 'Fields' }), makeTable(inputs)] : []),
    ...(body ? [make('h3', { textContent: 'Body' }), body] : []),
    send,
    copy,
    answer,
  );
}

function makeInput({ name, example, schema, required }) {
  const value = example === undefined ? '' : [example].flat().join(',');
  const placeholder = schema?.default === undefined ? '' : String(schema.default);
  return make('input', { value, placeholder, required, ariaLabel: name, autocomplete: 'off' });
}

function makeTable(inputs) {
  const rows = [...inputs].map(([parameter, input]) =>
    make(
      'tr',
      {},
      make(
        'td',
        {},
        make('code', { textContent: parameter.name }),
        make('div', {
          className: 'quiet',
          textContent: `${parameter.in}${parameter.required ? ', needed' : ''}`,
        }),
      ),
      make(
        'td',
        {},
        input,
        make('div', { className: 'quiet', textContent: parameter.schema?.description ?? '' }),
      ),
    ),
  );
  return make('table', {}, make('tbody', {}, ...rows));
}

function readRequest({ path, method, inputs, body, key }) {
  let target = path;
  const query = new URLSearchParams();
  const headers = key === '' ? {} : { authorization: `Bearer ${key}` };
  for (const [{ name, in: place }, { value }] of inputs) {
    if (place === 'path') target = target.replace(`{${name}}`, encodeURIComponent(value));
    else if (value !== '' && place === 'query') query.set(name, value);
    else if (value !== '' && place === 'header') headers[name] = value;
  }
  if (query.size > 0) target += `?${query}`;
  if (method !== 'GET' && method !== 'DELETE') headers['content-type'] = 'application/json';
  const text = body?.value ?? (headers['content-type'] ? '{}' : undefined);
  return { url: new URL(target, location.origin), method, headers, body: text };
}

async function run(read, { answer, send }) {
  send.disabled = true;
  const startedAt = performance.now();
  try {
    const { url, ...init } = read();
    const response = await fetch(url, init);
    // What does not end by itself is not waited for: a stream is shown by its first part.
    const text = isStream(response) ? await firstPart(response) : await response.text();
    const ms = Math.round(performance.now() - startedAt);
    answer.replaceChildren(
      make(
        'h3',
        {},
        make('span', { className: response.ok ? 'good' : 'bad', textContent: `${response.status}` }),
        ` in ${ms} ms`,
      ),
      make('pre', { textContent: [headerText(response), pretty(text)].filter(Boolean).join('\n\n') }),
    );
  } catch (error) {
    answer.replaceChildren(
      make('p', { className: 'bad', textContent: `It could not be sent: ${error.message}` }),
    );
  } finally {
    send.disabled = false;
  }
}

const isStream = (response) => (response.headers.get('content-type') ?? '').startsWith('text/event-stream');

async function firstPart(response) {
  const reader = response.body.getReader();
  const { value } = await reader.read();
  await reader.cancel();
  return `${new TextDecoder().decode(value)}\n… (a stream: follow it with curl -N)`;
}

const SHOWN = ['location', 'etag', 'retry-after', 'x-request-id'];

const headerText = ({ headers }) =>
  SHOWN.flatMap((name) => (headers.has(name) ? [`${name}: ${headers.get(name)}`] : [])).join('\n');

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** Within single quotes a shell reads nothing but the quote itself. */
const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;

function curlOf({ url, method, headers, body }) {
  const shown = { authorization: 'Bearer $SIGNALBOX_KEY', ...headers };
  const lines = [`curl -X ${method} ${quoted(url.href)}`];
  for (const [name, value] of Object.entries(shown)) {
    // The key is not copied: it stays in the variable.
    lines.push(
      name === 'authorization'
        ? '-H "authorization: Bearer $SIGNALBOX_KEY"'
        : `-H ${quoted(`${name}: ${value}`)}`,
    );
  }
  if (body !== undefined) lines.push(`-d ${quoted(body)}`);
  return lines.join(' \\\n  ');
}
