import { agentResources } from './agents.ts';
import type { Resource } from './resource.ts';
import { createUriReader } from './uri.ts';

/** All that clients can read by a URI. One file a noun; a new noun joins here. */
export const resources: readonly Resource[] = [...agentResources] as readonly Resource[];

const READERS = resources.map((resource) => ({ resource, read: createUriReader(resource.template) }));

export interface FoundResource {
  resource: Resource;
  at: Record<string, string>;
}

/** The kind of thing that a URI names, and which of them. Whether it exists is for `read` to say. */
export function findResource(uri: string): FoundResource | undefined {
  for (const { resource, read } of READERS) {
    const at = read(uri);
    if (at) return { resource, at };
  }
  return undefined;
}
