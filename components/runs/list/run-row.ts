import type { Answer } from '../../data/index.ts';

export type RunRow = Answer<'runs.list'>['runs'][number];
