import { describe, expect, test } from 'vitest';
import type { Json } from '#server/domain/json.ts';
import { findDisagreement } from './mirrored-headers.ts';

const schema = {
  type: 'object',
  properties: {
    region: { type: 'string', 'x-mcp-header': 'Region' },
    size: { type: 'integer', 'x-mcp-header': 'Size' },
    dry: { type: 'boolean', 'x-mcp-header': 'Dry' },
    note: { type: 'string' },
    where: { type: 'object', properties: { zone: { type: 'string', 'x-mcp-header': 'Zone' } } },
  },
};
const base64 = (text: string) => `=?base64?${Buffer.from(text).toString('base64')}?=`;

describe('what an argument and its header say', () => {
  const agree: [string, Json, Record<string, string>][] = [
    ['nothing is given', {}, {}],
    ['nothing is given, and a header is ignored', { region: null }, { 'mcp-param-region': 'eu' }],
    ['no arguments at all', null, {}],
    ['the same text', { region: 'eu' }, { 'mcp-param-region': 'eu' }],
    ['the same text in Base64', { region: 'Zürich' }, { 'mcp-param-region': base64('Zürich') }],
    ['the same number, written otherwise', { size: 42 }, { 'mcp-param-size': '42.0' }],
    ['the same truth', { dry: false }, { 'mcp-param-dry': 'false' }],
    ['the same, further in', { where: { zone: 'a' } }, { 'mcp-param-zone': 'a' }],
    ['what is not declared', { note: 'x' }, {}],
  ];
  test.each(agree)('agrees: %s', (_, args, headers) => {
    expect(findDisagreement(schema, args, headers)).toBeNull();
  });

  const differ: [string, Json, Record<string, string>, RegExp][] = [
    ['a header that is missing', { region: 'eu' }, {}, /Mcp-Param-Region is missing, .* region is given/],
    ['another text', { region: 'eu' }, { 'mcp-param-region': 'us' }, /Region and .* disagree/],
    ['another case', { region: 'eu' }, { 'mcp-param-region': 'EU' }, /disagree/],
    ['another number', { size: 42 }, { 'mcp-param-size': '43' }, /disagree/],
    ['a number that is none', { size: 42 }, { 'mcp-param-size': '0x2a' }, /disagree/],
    ['an empty header', { size: 0 }, { 'mcp-param-size': '' }, /disagree/],
    ['another truth', { dry: false }, { 'mcp-param-dry': 'true' }, /disagree/],
    ['another one, further in', { where: { zone: 'a' } }, { 'mcp-param-zone': 'b' }, /where\.zone disagree/],
    ['what is no Base64', { region: 'eu' }, { 'mcp-param-region': '=?base64?!!?=' }, /no valid Base64/],
    ['what is no UTF-8', { region: 'eu' }, { 'mcp-param-region': '=?base64?/w==?=' }, /no valid Base64/],
  ];
  test.each(differ)('refuses %s', (_, args, headers, sentence) => {
    expect(findDisagreement(schema, args, headers)).toMatch(sentence);
  });
});
