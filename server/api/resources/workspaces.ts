import { getWorkspace, listFiles, watchFile, watchWorkspace } from '#server/services/workspace/browse.ts';
import { readFile } from '#server/services/workspace/files.ts';
import { EXAMPLE } from '../operations/examples.ts';
import { presentClaim, presentCollaborator, presentListedFile } from '../wire/workspace.ts';
import { type ResourceCall, resource } from './resource.ts';
import { complete } from './tasks.ts';

const watch = ({ services, actor }: ResourceCall, at: { task_id: string }, changed: () => void) =>
  watchWorkspace(services, actor, { of: at.task_id, changed });

/** Of the task that was chosen: a path alone is the name of nothing. */
async function completePath(
  { services, actor }: ResourceCall,
  beginning: string,
  { task_id: of }: Readonly<Record<string, string>>,
): Promise<string[]> {
  if (of === undefined) return [];
  const { items } = await listFiles(services, actor, { of, limit: 200 });
  return items.map(({ path }) => path).filter((path) => path.startsWith(beginning));
}

export const workspaceResources = [
  resource({
    name: 'task-files',
    title: 'Shared files of a task',
    description: 'The files that those who work on a task share. As a tool: file_list.',
    icon: 'file',
    template: 'tasks://{task_id}/files',
    mimeType: 'application/json',
    needs: ['workspace.read'],
    example: { task_id: EXAMPLE.workspaceTask },
    async read({ services, actor }, { task_id }) {
      const page = await listFiles(services, actor, { of: task_id, limit: 200 });
      const files = page.items.map(presentListedFile);
      return { text: JSON.stringify({ files, next_cursor: page.nextCursor }) };
    },
    complete,
    watch,
  }),
  resource({
    name: 'workspace-file',
    title: 'A shared file',
    description: 'What a file holds that those who work on a task share. As a tool: file_read.',
    icon: 'file',
    template: 'workspace://{task_id}/{+path}',
    mimeType: 'text/plain',
    needs: ['workspace.read'],
    example: { task_id: EXAMPLE.workspaceTask, path: 'notes.md' },
    async read({ services, actor }, { task_id, path }) {
      const { content } = await readFile(services, actor, { of: task_id, path });
      if ('text' in content) return { text: content.text };
      return { blob: Buffer.from(content.base64, 'base64'), mimeType: 'application/octet-stream' };
    },
    complete: { ...complete, path: completePath },
    watch: ({ services, actor }, { task_id, path }, changed) =>
      watchFile(services, actor, { of: task_id, path, changed }),
  }),
  resource({
    name: 'collaboration',
    title: 'Those who work on a task',
    description: 'Who works on a task, and which files they hold. As a tool: join_collab.',
    icon: 'agent',
    template: 'collaboration://{task_id}',
    mimeType: 'application/json',
    needs: ['workspace.read'],
    example: { task_id: EXAMPLE.workspaceTask },
    async read({ services, actor }, { task_id }) {
      const { collaborators, moreCollaborators, claims } = await getWorkspace(services, actor, {
        of: task_id,
      });
      return {
        text: JSON.stringify({
          collaborators: collaborators.map(presentCollaborator),
          more_collaborators: moreCollaborators,
          claims: claims.map(presentClaim),
        }),
      };
    },
    complete,
    watch,
  }),
];
