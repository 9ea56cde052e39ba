import type { Action } from '#server/identity/permissions.ts';
import type { ResourceCall } from '../resources/resource.ts';

export interface PromptArgument {
  name: string;
  description: string;
  required?: true;
  /** What it may be, by how it begins. */
  complete?(call: ResourceCall, beginning: string): Promise<string[]>;
}

/** Work that people begin with a word instead of a page of text. */
export interface Prompt {
  name: string;
  title: string;
  description: string;
  icon: string;
  args: readonly PromptArgument[];
  /** What writing it demands; the verb is the judge (see `Tool.needs`). */
  needs: readonly Action[];
  /** Arguments that work, by ids of `examples.ts`. */
  example: Readonly<Record<string, string>>;
  /** What is said to the model, in the person's name. */
  write(call: ResourceCall, args: Readonly<Record<string, string>>): Promise<string>;
}
