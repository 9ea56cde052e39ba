import { isJsonObject, type Json, type JsonObject } from './json.ts';
import type { ToolDefinition } from './mcp.ts';

/** Which of many tools somebody means by some words: BM25 over what their definitions say of them, and nothing learnt. */

/** How much a word says by where it stands. */
const WEIGHTS = { name: 4, title: 3, description: 1, parameters: 0.5 };
/** The usual ones: how soon a repeated word stops to count, and how much long texts are held back. */
const SATURATION = 1.2;
const LENGTH = 0.6;
const MAX_DEPTH = 4;
const MIN_STEM = 3;
/** What stands in nearly every question and says nothing of the tool. */
const EMPTY_WORDS = new Set(
  'a an and are as at be by can do for from has have how i in into is it its me my of on or please some that the their them then there this to up use want what when which will with you your'.split(
    ' ',
  ),
);

interface Document {
  /** How often each word is said, weighed by where. */
  words: ReadonlyMap<string, number>;
  length: number;
}

/** A definition never changes: what replaces it is another object. */
const documents = new WeakMap<ToolDefinition, Document>();

/** The best first; only those of which something was said. Of two that are alike, the one whose name comes first. */
export function searchTools(
  tools: readonly ToolDefinition[],
  query: string,
  limit: number,
): ToolDefinition[] {
  const wanted = [...new Set(toWords(query))];
  const read = tools.map((tool) => ({ tool, document: documentOf(tool) }));
  const meanLength = read.reduce((sum, { document }) => sum + document.length, 0) / Math.max(1, read.length);
  const rarity = new Map(
    wanted.map((word) => {
      const holders = read.filter(({ document }) => document.words.has(word)).length;
      return [word, Math.log(1 + (read.length - holders + 0.5) / (holders + 0.5))];
    }),
  );
  const scoreOf = ({ words, length }: Document): number =>
    wanted.reduce((score, word) => {
      const said = words.get(word) ?? 0;
      const drag = SATURATION * (1 - LENGTH + (LENGTH * length) / meanLength);
      return said === 0
        ? score
        : score + (rarity.get(word) ?? 0) * ((said * (SATURATION + 1)) / (said + drag));
    }, 0);
  return read
    .map(({ tool, document }) => ({ tool, score: scoreOf(document) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || (a.tool.name < b.tool.name ? -1 : 1))
    .slice(0, limit)
    .map(({ tool }) => tool);
}

function documentOf(tool: ToolDefinition): Document {
  const known = documents.get(tool);
  if (known) return known;
  const words = new Map<string, number>();
  const add = (text: unknown, weight: number) => {
    if (typeof text !== 'string') return;
    for (const word of toWords(text)) words.set(word, (words.get(word) ?? 0) + weight);
  };
  add(tool.name, WEIGHTS.name);
  add(tool.title, WEIGHTS.title);
  add(tool.description, WEIGHTS.description);
  for (const text of textsOf(tool.inputSchema, 0)) add(text, WEIGHTS.parameters);
  const document = { words, length: [...words.values()].reduce((sum, count) => sum + count, 0) };
  documents.set(tool, document);
  return document;
}

/** Names and descriptions of parameters, and the words that they may be. */
function textsOf(schema: JsonObject, depth: number): string[] {
  if (depth > MAX_DEPTH) return [];
  const { properties, items, description, enum: choices } = schema;
  const own = [description, ...(Array.isArray(choices) ? choices : [])].filter(
    (text): text is string => typeof text === 'string',
  );
  const parts: [string, Json][] = isJsonObject(properties ?? null)
    ? Object.entries(properties as JsonObject)
    : [];
  return [
    ...own,
    ...parts.flatMap(([name, part]) => [name, ...(isJsonObject(part) ? textsOf(part, depth + 1) : [])]),
    ...(items !== undefined && isJsonObject(items) ? textsOf(items, depth + 1) : []),
  ];
}

/** `createIssues`, `create_issue` and `Creating an issue` have the same words. */
function toWords(text: string): string[] {
  return (
    text
      .replace(/(\p{Ll}|\p{N})(\p{Lu})/gu, '$1 $2')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  )
    .filter((word) => !EMPTY_WORDS.has(word))
    .map(stem);
}

/** English endings only, and roughly: it is the same for questions and definitions. */
function stem(word: string): string {
  for (const [ending, put] of ENDINGS) {
    if (word.endsWith(ending) && word.length - ending.length >= MIN_STEM) {
      return word.slice(0, -ending.length) + put;
    }
  }
  return word;
}

const ENDINGS: [ending: string, put: string][] = [
  ['ations', 'at'],
  ['ation', 'at'],
  ['ating', 'at'],
  ['ated', 'at'],
  ['ates', 'at'],
  ['ate', 'at'],
  ['ions', ''],
  ['ion', ''],
  ['ies', 'y'],
  ['ings', ''],
  ['ing', ''],
  ['ers', ''],
  ['er', ''],
  ['ed', ''],
  ['es', ''],
  ['s', ''],
  ['e', ''],
];
