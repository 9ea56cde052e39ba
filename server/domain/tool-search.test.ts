import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { ToolDefinition } from './mcp.ts';
import { searchTools } from './tool-search.ts';

const tool = (name: string, description: string, properties: Record<string, object> = {}): ToolDefinition =>
  ({ name, description, inputSchema: { type: 'object', properties } }) as ToolDefinition;

const TOOLS = [
  tool('tracker__create_issue', 'Opens an issue in a repository.', { title: { type: 'string' } }),
  tool('tracker__list_issues', 'The issues of a repository, newest first.'),
  tool('files__readTextFile', 'Reads a file as text.', { path: { type: 'string' } }),
  tool('files__move', 'Renames a file or puts it into another folder.'),
  tool('mail__send', 'Sends a message.', {
    to: { type: 'array', items: { type: 'string', description: 'An e-mail address.' } },
  }),
];
const namesFor = (query: string, limit = 3) => searchTools(TOOLS, query, limit).map(({ name }) => name);

describe('of many tools', () => {
  it.each([
    ['create an issue', 'tracker__create_issue'],
    ['creating issues', 'tracker__create_issue'],
    ['Which issues are there in my repository? List them.', 'tracker__list_issues'],
    ['reading text files', 'files__readTextFile'],
    ['read_text_file', 'files__readTextFile'],
    ['rename', 'files__move'],
    ['e-mail', 'mail__send'],
    ['MAIL__SEND', 'mail__send'],
  ])('%j finds %s first', (query, name) => {
    expect(namesFor(query)[0]).toBe(name);
  });

  it('gives as many as were wanted, and none of which nothing was said', () => {
    expect(namesFor('issue', 1)).toHaveLength(1);
    expect(namesFor('issue', 5)).toHaveLength(2);
    expect(namesFor('the of and to')).toEqual([]);
    expect(namesFor('zebra')).toEqual([]);
    expect(searchTools([], 'issue', 5)).toEqual([]);
  });

  it('counts a word that few have for more than one that all have', () => {
    const many = Array.from({ length: 50 }, (_, at) => tool(`file_${at}`, 'Does something with a file.'));
    const found = searchTools([...many, tool('shrink', 'Makes a file smaller by gzip.')], 'gzip a file', 1);
    expect(found[0]?.name).toBe('shrink');
  });

  it('does not mind a schema that is no object, or that goes on for ever', () => {
    const deep: Record<string, unknown> = { type: 'object' };
    deep.properties = { again: deep };
    const odd = [
      { name: 'odd', inputSchema: { properties: 5, items: null } },
      { name: 'deep', inputSchema: deep },
    ] as unknown as ToolDefinition[];
    expect(searchTools(odd, 'deep', 2).map(({ name }) => name)).toEqual(['deep']);
  });
});

test('whatever is asked, the answer is of those tools, each once, and the same the next time', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.tuple(fc.string({ minLength: 1 }), fc.string()), { selector: ([name]) => name }),
      fc.string(),
      fc.integer({ min: 1, max: 20 }),
      (given, query, limit) => {
        const tools = given.map(([name, description]) => tool(name, description));
        const found = searchTools(tools, query, limit);
        expect(found.length).toBeLessThanOrEqual(limit);
        expect(new Set(found).size).toBe(found.length);
        for (const one of found) expect(tools).toContain(one);
        expect(searchTools([...tools].reverse(), query, limit)).toEqual(found);
      },
    ),
  );
});
