import type { Actor } from '#server/identity/actor.ts';
import type { Action } from '#server/identity/permissions.ts';
import type { Services } from '#server/services/context.ts';

/** What every resource works with. */
export interface ResourceCall {
  services: Services;
  actor: Actor;
  signal: AbortSignal;
}

export type ResourceContent = { text: string } | { blob: Uint8Array };

export interface ListedResource {
  uri: string;
  name: string;
  title?: string;
  description?: string;
  mimeType?: string;
  size?: number;
}

export type Complete = (
  call: ResourceCall,
  beginning: string,
  known: Readonly<Record<string, string>>,
) => Promise<string[]>;

/** A kind of thing that clients read by its URI. */
export interface Resource<Name extends string = string> {
  name: string;
  title: string;
  description: string;
  icon: string;
  /** `{name}` stands for one segment; `{+name}`, last, for all that is left. */
  template: string;
  mimeType: string;
  /** What reading it demands; the verb is the judge (see `Tool.needs`). */
  needs: readonly Action[];
  /** One that works, by ids of `examples.ts`. */
  example: Readonly<Record<Name, string>>;
  /** By the variables of the template. Throws NOT_FOUND for what is not there. */
  read(
    call: ResourceCall,
    at: Readonly<Record<Name, string>>,
  ): Promise<ResourceContent & { mimeType?: string }>;
  /** Those that are worth listing; few enough for one answer. Left out: they are found by the template only. */
  list?(call: ResourceCall): Promise<ListedResource[]>;
  /** What a variable may be, by how it begins, and by those that the client has filled in already. */
  complete?: { readonly [Variable in Name]?: Complete };
  /**
   * Calls `changed` when it is other than before, now and then once too often; resolves when it listens, and throws as
   * `read` does. Left out: nobody can subscribe to it.
   */
  watch?(call: ResourceCall, at: Readonly<Record<Name, string>>, changed: () => void): Promise<() => void>;
}

/** The identity function: it makes TypeScript infer the variables. */
export function resource<const Name extends string>(definition: Resource<Name>): Resource<Name> {
  return definition;
}
