import type { Answer } from '../data/index.ts';

export type Queue = Answer<'queues.list'>['queues'][number];
export type Letter = Answer<'deadLetters.list'>['dead_letters'][number];
