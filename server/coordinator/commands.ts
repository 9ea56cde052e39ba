import type { Engine } from './engine.ts';

export type { StartRequest } from './engine.ts';
export type { StoredRun } from './intake.ts';

/** What the services may ask of the engine; the rest of it belongs to whoever runs it. */
export type EngineCommands = Pick<Engine, 'startRun' | 'tell' | 'load'>;
