import type { Answer } from '../data/index.ts';

export type Pipeline = Answer<'pipelines.list'>['pipelines'][number];

/** What is offered with each. */
export interface RowRights {
  mayRun: boolean;
  mayEdit: boolean;
  mayCreate: boolean;
}

/** How a new one is made. */
export const WAYS = ['blank', 'template', 'import'] as const;
export type Way = (typeof WAYS)[number];

/** One alone, with its draft and newest version. */
export type PipelineDetails = Answer<'pipelines.get'>;
