import { make } from './dom.mjs';
import { schemaText } from './schema-text.mjs';
import { makeTryIt } from './try-it.mjs';

/** Draws `/api/v1/openapi.json`. Each operation is drawn when it is opened. */
const find = /** @type {HTMLInputElement} */ (document.getElementById('find'));
const key = /** @type {HTMLInputElement} */ (document.getElementById('key'));
const main = /** @type {HTMLElement} */ (document.getElementById('operations'));
const contents = /** @type {HTMLElement} */ (document.getElementById('contents'));
const state = /** @type {HTMLElement} */ (document.getElementById('state'));

function listOperations({ paths, tags }) {
  const all = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  return tags.map(({ name }) => ({
    name,
    operations: all.filter(({ operation }) => operation.tags.includes(name)),
  }));
}

function drawOperation(described, schemas) {
  const { path, method, operation } = described;
  const details = make(
    'details',
    { className: 'operation', id: operation.operationId },
    make(
      'summary',
      {},
      make('span', { className: `method ${method}`, textContent: method }),
      make('span', { className: 'path', textContent: path }),
      make('span', { className: 'about', textContent: operation.summary }),
    ),
  );
  details.addEventListener('toggle', () => {
    if (details.open && details.children.length === 1) details.append(drawInside(described, schemas));
  });
  return details;
}

function drawInside({ path, method, operation }, schemas) {
  const { description, requestBody, responses, operationId } = operation;
  const body = requestBody?.content?.['application/json']?.schema;
  return make(
    'div',
    { className: 'inside' },
    description ? make('p', { textContent: description }) : null,
    make('p', { className: 'quiet', textContent: `In TypeScript: trpc.${operationId}` }),
    makeTryIt({ path, method, operation, key: () => key.value.trim() }),
    ...(body
      ? [
          make('h3', { textContent: 'What the body may hold' }),
          make('pre', { textContent: schemaText(body, schemas) }),
        ]
      : []),
    make('h3', { textContent: 'Answers' }),
    ...Object.entries(responses).map(([status, response]) => drawResponse(status, response, schemas)),
  );
}

function drawResponse(status, { description, content = {} }, schemas) {
  const schema = content['application/json']?.schema;
  const line = make(
    'p',
    {},
    make('code', { className: status < '400' ? 'good' : 'bad', textContent: status }),
    ` ${description}`,
  );
  return schema ? make('div', {}, line, make('pre', { textContent: schemaText(schema, schemas) })) : line;
}

function draw(document_) {
  const schemas = document_.components.schemas;
  const drawn = [];
  const none = make('p', {
    className: 'quiet',
    role: 'status',
    hidden: true,
    textContent: 'No operation has all of these words: try fewer, or a part of its path.',
  });
  for (const { name, operations } of listOperations(document_)) {
    const links = operations.map(({ operation }) =>
      make('a', {
        href: `#${operation.operationId}`,
        textContent: operation.summary,
        title: operation.summary,
      }),
    );
    const details = operations.map((described) => drawOperation(described, schemas));
    const heading = () => make('h2', { textContent: titleOf(name) });
    const section = make('section', {}, heading(), make('div', { className: 'list' }, ...details));
    const group = make('div', {}, heading(), ...links);
    main.append(section);
    contents.append(group);
    operations.forEach(({ path, method, operation }, at) => {
      const words = `${method} ${path} ${operation.operationId} ${operation.summary}`.toLowerCase();
      drawn.push({ words, parts: [details[at], links[at]] });
    });
  }
  const filter = () => {
    const words = find.value.toLowerCase().split(/\s+/);
    for (const { words: text, parts } of drawn) {
      for (const part of parts) part.hidden = !words.every((word) => text.includes(word));
    }
    for (const part of [...main.querySelectorAll('section'), ...contents.children]) {
      part.hidden = [...part.querySelectorAll('details, a')].every((child) => child.hidden);
    }
    none.hidden = drawn.some(({ parts: [details] }) => !details.hidden);
  };
  main.append(none);
  find.addEventListener('input', filter);
}

/** `deadLetters` is the noun of the code; people read "Dead letters". */
function titleOf(name) {
  const words = name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** As it was chosen in the panel; without a choice, as the system is. */
function takeTheme() {
  const [, theme] = /(?:^|; )signalbox-theme=(light|dark)(?:;|$)/.exec(document.cookie) ?? [];
  if (theme !== undefined) document.documentElement.dataset.theme = theme;
}

function openTarget() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!(target instanceof HTMLDetailsElement)) return;
  target.open = true;
  target.scrollIntoView();
}

takeTheme();
try {
  const response = await fetch('/api/v1/openapi.json');
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  draw(await response.json());
  state.remove();
  window.addEventListener('hashchange', openTarget);
  openTarget();
} catch (error) {
  state.textContent = `The description of the API could not be loaded: ${error.message}.`;
}
