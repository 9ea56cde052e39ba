import { agentResources } from './agents.ts';
import type { Resource } from './resource.ts';
import { taskResources } from './tasks.ts';
import { createUriReader } from './uri.ts';
import { workspaceResources } from './workspaces.ts';

/** All that clients can read by a URI. One file a noun; a new noun joins here. */
export const resources: readonly Resource[] = [
  ...taskResources,
  ...agentResources,
  ...workspaceResources,
] as readonly Resource[];

export interface FoundResource {
  resource: Resource;
  at: Record<string, string>;
}

/** Says which kind of thing a URI names, and which of them. Whether it exists is for `read` to say. */
export function createResourceFinder(all: readonly Resource[]): (uri: string) => FoundResource | undefined {
  const readers = all.map((resource) => ({ resource, readUri: createUriReader(resource.template) }));
  return (uri) => {
    for (const { resource, readUri } of readers) {
      const at = readUri(uri);
      if (at) return { resource, at };
    }
    return undefined;
  };
}
