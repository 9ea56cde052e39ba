import { words } from './words.ts';

export type SectionName = keyof typeof words.sections;

export const isSection = (name: string): name is SectionName => Object.hasOwn(words.sections, name);

export const titleOf = (name: SectionName): string => words.sections[name];
