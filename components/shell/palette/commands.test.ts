import { describe, expect, test } from 'vitest';
import { isMatch, pageOfId } from './commands.ts';

describe('the palette', () => {
  test('finds by the beginnings of words, in any order', () => {
    expect(isMatch('Failed runs', 'ru fai')).toBe(true);
    expect(isMatch('data-processing-pipeline', 'proc')).toBe(true);
    expect(isMatch('Failed runs', 'uns')).toBe(false);
    expect(isMatch('Failed runs', '')).toBe(true);
  });

  test('leads from an id to its page, and from a task to its run', () => {
    const hex = '0123456789abcdef'.repeat(2);
    expect(pageOfId(` run_${hex}\n`)).toBe(`/runs/run_${hex}`);
    expect(pageOfId(`pipe_${hex}`)).toBe(`/pipelines/pipe_${hex}`);
    expect(pageOfId(`task_${hex}_12`)).toBe(`/runs/run_${hex}`);
    expect(pageOfId(`run_${hex.slice(1)}`)).toBeUndefined();
    expect(pageOfId('javascript:alert(1)')).toBeUndefined();
  });
});
