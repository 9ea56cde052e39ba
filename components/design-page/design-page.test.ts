import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseSync, Visitor } from 'oxc-parser';
import { expect, test } from 'vitest';

/** What has no look: it keeps, provides or loads. */
const INVISIBLE = ['Late', 'NoStyleElements', 'ToastProvider', 'TooltipProvider'];
/** Of these the living page would show nothing that it does not show already. */
const SAME_LOOK: Readonly<Record<string, string>> = {
  'Card fill': 'only where a page is as high as the window',
  'Checkbox skipTab': 'a stop of the tab key, which nobody sees',
  'DataGrid fill': 'only where a page is as high as the window',
  'DataGrid headHidden': 'what is only said aloud',
  'DataGrid place': 'where the keyboard is, kept beyond the page',
  'DataGrid ref': 'a handle for keys',
  'Drawer focusAfter': 'where the focus goes, which nobody sees',
  'Page fill': 'the page itself',
  'Page width': 'the page itself',
  'RowCard cellRole': 'what is only said aloud',
};

interface Node {
  type: string;
  [field: string]: unknown;
}
const UI = 'components/ui';
const parse = (file: string) =>
  parseSync(file, readFileSync(file, 'utf8')).program as unknown as { body: Node[] };
/** Its own files, and of a folder what its front door lets out. */
const FILES = [...globSync(`${UI}/*.tsx`), ...globSync(`${UI}/{chart,filter,grid}/*.tsx`)];
const FRONT_DOORS = globSync(`${UI}/*/index.ts`)
  .map((file) => readFileSync(file, 'utf8'))
  .join();

const declared = (statement: Node): Node =>
  (statement.type === 'ExportNamedDeclaration' && (statement.declaration as Node | null)) || statement;
const nameOf = (node: unknown): string => (node as { name: string }).name;

/** Names and what they stand for in a file, as far as it is followed: types, constants, and where others come from. */
function readFile(file: string) {
  const types = new Map<string, Node>();
  const constants = new Map<string, Node>();
  const imports = new Map<string, string>();
  for (const statement of parse(file).body) {
    const node = declared(statement);
    if (node.type === 'TSInterfaceDeclaration') types.set(nameOf(node.id), node.body as Node);
    if (node.type === 'TSTypeAliasDeclaration') types.set(nameOf(node.id), node.typeAnnotation as Node);
    if (node.type === 'VariableDeclaration')
      for (const each of node.declarations as Node[]) constants.set(nameOf(each.id), each.init as Node);
    if (node.type === 'ImportDeclaration')
      for (const each of node.specifiers as Node[])
        imports.set(nameOf(each.local), join(dirname(file), (node.source as { value: string }).value));
  }
  return { types, constants, imports };
}

interface Prop {
  name: string;
  /** The words that it takes, if they are few, without the one that is meant where none is given. */
  words: string[];
}

/** What a type says that is taken: its own members, those of what it is made of, and of a type from next door. */
function propsOf(type: Node | undefined, file: string): Prop[] {
  if (!type) return [];
  const { types, imports } = readFile(file);
  switch (type.type) {
    case 'TSInterfaceBody':
      return membersOf(type.body as Node[], file);
    case 'TSTypeLiteral':
      return membersOf(type.members as Node[], file);
    case 'TSIntersectionType':
      return (type.types as Node[]).flatMap((part) => propsOf(part, file));
    case 'TSTypeReference': {
      const name = nameOf(type.typeName);
      const from = imports.get(name);
      if (types.has(name)) return propsOf(types.get(name), file);
      return from?.startsWith(UI) ? propsOf(readFile(from).types.get(name), from) : [];
    }
    default:
      return [];
  }
}

function membersOf(members: readonly Node[], file: string): Prop[] {
  return members
    .filter(({ type }) => type === 'TSPropertySignature' || type === 'TSMethodSignature')
    .map((member) => ({
      name: nameOf(member.key),
      words: wordsOf((member.typeAnnotation as { typeAnnotation: Node } | null)?.typeAnnotation, file).filter(
        (word) => !readFileSync(file, 'utf8').includes(`${nameOf(member.key)} = '${word}'`),
      ),
    }));
}

/** `'a' | 'b'`, or `keyof typeof LOOKS`. */
function wordsOf(type: Node | undefined, file: string): string[] {
  if (type?.type === 'TSUnionType') return (type.types as Node[]).flatMap((part) => wordsOf(part, file));
  if (type?.type === 'TSLiteralType') {
    const { value } = type.literal as { value?: unknown };
    return typeof value === 'string' ? [value] : [];
  }
  const inner = type?.type === 'TSTypeOperator' ? (type.typeAnnotation as Node) : undefined;
  if (inner?.type !== 'TSTypeQuery') return [];
  const constant = readFile(file).constants.get(nameOf(inner.exprName));
  const object = (constant?.type === 'TSAsExpression' ? constant.expression : constant) as Node | undefined;
  return ((object?.properties ?? []) as Node[]).map(({ key }) => nameOf(key));
}

/** Every part that features may use, with what it can be told. */
const PRIMITIVES = FILES.flatMap((file) =>
  parse(file)
    .body.filter(({ type }) => type === 'ExportNamedDeclaration')
    .map(declared)
    .filter((node) => node.type === 'FunctionDeclaration' && /^[A-Z]/.test(nameOf(node.id)))
    .filter((node) => dirname(file) === UI || new RegExp(`\\b${nameOf(node.id)}\\b`).test(FRONT_DOORS))
    .map((node) => {
      const [first] = node.params as { typeAnnotation?: { typeAnnotation: Node } }[];
      return { name: nameOf(node.id), props: propsOf(first?.typeAnnotation?.typeAnnotation, file) };
    }),
).filter(({ name }) => !INVISIBLE.includes(name));

/** What the living page gives to what: words as they are, and `*` for whatever is not written out. */
const SHOWN = new Map<string, Map<string, Set<string>>>();
const show = (part: unknown, prop: string, word: string) => {
  const given = SHOWN.get(nameOf(part)) ?? new Map<string, Set<string>>();
  SHOWN.set(nameOf(part), given.set(prop, (given.get(prop) ?? new Set()).add(word)));
};
for (const file of globSync('components/design-page/*.tsx')) {
  /** Objects whose fields are given all at once. */
  const objects = new Map<string, Node[]>();
  new Visitor({
    VariableDeclarator({ id, init }) {
      const { type, properties } = (init ?? {}) as { type?: string; properties?: Node[] };
      if (type === 'ObjectExpression') objects.set(nameOf(id), properties ?? []);
    },
    JSXElement(element) {
      const { openingElement, children } = element as unknown as {
        openingElement: { name: Node; attributes: Node[] };
        children: unknown[];
      };
      const { name, attributes } = openingElement;
      show(name, 'key', '*');
      if (children.length > 0) show(name, 'children', '*');
      for (const attribute of attributes) {
        const value = attribute.value as { type: string; value?: unknown } | null;
        if (attribute.type === 'JSXAttribute')
          show(name, nameOf(attribute.name), value?.type === 'Literal' ? String(value.value) : '*');
        else
          for (const { key } of objects.get(nameOf(attribute.argument)) ?? []) show(name, nameOf(key), '*');
      }
    },
  }).visit(parseSync(file, readFileSync(file, 'utf8')).program);
}

test('what is compared is there', () => {
  expect(PRIMITIVES.length).toBeGreaterThan(40);
  expect(PRIMITIVES.find(({ name }) => name === 'Button')?.props).toContainEqual({
    name: 'size',
    words: ['sm', 'lg'],
  });
});

test.each(PRIMITIVES)('the living page shows $name with all that it can be told', ({ name, props }) => {
  const given = SHOWN.get(name);
  expect(given, `${name} is not on the living page: show it in components/design-page`).toBeDefined();
  const missing = props.flatMap(({ name: prop, words }) => {
    const shown = given?.get(prop);
    if (!shown) return `${name} ${prop}` in SAME_LOOK ? [] : [prop];
    return shown.has('*') ? [] : words.filter((word) => !shown.has(word)).map((word) => `${prop}="${word}"`);
  });
  expect(missing).toEqual([]);
});
