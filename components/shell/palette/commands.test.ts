import { describe, expect, test } from 'vitest';
import { type IdKind, PREFIX_OF } from '../../../server/domain/id-pattern.ts';
import {
  type Command,
  commandsOf,
  isMatch,
  isVersionId,
  pageOfId,
  pageOfVersion,
  shorten,
} from './commands.ts';

describe('the palette', () => {
  test('finds by the beginnings of words, in any order', () => {
    expect(isMatch('Failed runs', 'ru fai')).toBe(true);
    expect(isMatch('data-processing-pipeline', 'proc')).toBe(true);
    expect(isMatch('Failed runs', 'uns')).toBe(false);
    expect(isMatch('Failed runs', '')).toBe(true);
  });

  test('begins with what people come to a page for, whichever part of it was drawn first', () => {
    const run = () => undefined;
    const offered = commandsOf([
      { title: 'Run', bindings: [{ label: 'Copy the link', run }] },
      {
        title: 'Run',
        bindings: [
          { keys: ['r', 'f5'], label: 'Replay', leads: true, run },
          { label: 'Cancel', leads: true, disabled: true, run },
        ],
      },
    ]);
    expect(offered.map(({ label, keys, note }) => [label, keys, note])).toEqual([
      ['Replay', 'r', undefined],
      ['Copy the link', undefined, undefined],
    ]);
  });

  test('says whose each is where a page has several kinds', () => {
    const run = () => undefined;
    const offered = commandsOf([
      { title: 'Edit', bindings: [{ label: 'Undo', run }] },
      { title: 'Build', bindings: [{ label: 'Add a stage', run }] },
    ]);
    expect(offered.map(({ note }) => note)).toEqual(['Edit', 'Build']);
  });

  test('leads from an id to its page, and from a task to its run', () => {
    const hex = '0123456789abcdef'.repeat(2);
    expect(pageOfId(` run_${hex}\n`)).toBe(`/runs/run_${hex}`);
    expect(pageOfId(`pipe_${hex}`)).toBe(`/pipelines/pipe_${hex}`);
    expect(pageOfId(`task_${hex}_12`)).toBe(`/runs/run_${hex}?task=12`);
    expect(pageOfId(`run_${hex}0`)).toBeUndefined();
    expect(pageOfId('javascript:alert(1)')).toBeUndefined();
  });

  test.each(Object.keys(PREFIX_OF) as IdKind[])('knows the page of an id of each kind: %s', (kind) => {
    const id = `${PREFIX_OF[kind]}_${'0123456789abcdef'.repeat(2)}`;
    if (kind === 'ver') expect(isVersionId(` ${id} `)).toBe(true);
    else expect(pageOfId(id)).toMatch(/^\/[a-z]/);
  });

  test('leads from a version to those of its pipeline, or to its runs where it has none', () => {
    const version = { id: 'ver_1', number: 3 };
    expect(pageOfVersion({ ...version, pipeline_id: 'pipe_1' })).toBe(
      '/pipelines/pipe_1?tab=versions&version=3',
    );
    expect(pageOfVersion({ ...version, pipeline_id: null })).toBe('/runs?version_id=ver_1');
  });

  test('leads from the beginning of a run id to the runs that begin so, and from an error group to its page', () => {
    expect(pageOfId('run_019fcb2a')).toBe('/runs?id=run_019fcb2a');
    expect(pageOfId('0123456789abcdef')).toBe('/analytics/errors/0123456789abcdef');
  });

  test.each([
    [6, false, ['1', '2', '3', '4', '5', '6']],
    [7, false, ['1', '2', '3', '4', '5', '6', '1 more']],
    [30, true, ['1', '2', '3', '4', '5', '6', 'more than 24 more']],
    [0, false, []],
  ])('of %i hits shows the first six, and says how many are left: %s', (count, goesOn, shown) => {
    const named = (label: string): Command => ({ id: label, label, run: () => undefined });
    const all = Array.from({ length: count }, (_, at) => named(String(at + 1)));
    const more = (left: number, isMore: boolean) => named(`${isMore ? 'more than ' : ''}${left} more`);
    expect(shorten({ all, most: 6, goesOn, more }).map(({ label }) => label)).toEqual(shown);
  });
});
