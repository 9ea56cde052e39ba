// @ts-check

/** @import { Http } from './http.mjs' */
/** @import { Workspace, WorkspaceOptions } from '../index.mjs' */

/**
 * The shared files of a run, by its id or that of any of its tasks.
 * @param {Pick<Http, 'call'>} http @param {string} task_id @param {WorkspaceOptions} [who] @returns {Workspace}
 */
export function createWorkspace(http, task_id, { as, epoch, signal } = {}) {
  /** @param {string} name @param {object} body @param {boolean} [isSafe] */
  const use = (name, body, isSafe = false) =>
    http.call({ method: 'POST', path: `/tools/${name}`, body, isSafe, ...(signal ? { signal } : {}) });
  /** @param {string} name @param {object} [input] */
  const look = (name, input) => use(name, { task_id, ...input }, true);
  // Not sent twice: after a lost answer the file itself says whether the change was made.
  /** @param {string} name @param {object} [input] */
  const act = (name, input) => use(name, { task_id, as, epoch, ...input });
  /** What has the same effect when it is sent twice. @param {string} name @param {object} [input] */
  const set = (name, input) => use(name, { task_id, as, epoch, ...input }, true);
  return {
    list: (query) => look('file_list', query),
    read: (path, version) => look('file_read', { path, version }),
    history: (query) => look('file_history', query),
    write: (change) => act('file_write', change),
    edit: (change) => act('file_edit', change),
    delete: (change) => act('file_delete', change),
    claim: (paths, seconds) => act('claim_file', { paths: [paths].flat(), seconds }),
    renew: ({ lease_id, fencing_token }, seconds) => set('renew_claim', { lease_id, fencing_token, seconds }),
    release: ({ lease_id, fencing_token }) => set('release_file', { lease_id, fencing_token }),
    log: (message, more) => act('log_step', { message, ...more }),
    join: (about) => set('join_collab', { about }),
    leave: () => set('leave_collab'),
    send: (body, to) => act('send_message', { body, to }),
    inbox: async (query) => (await set('inbox', query)).messages,
  };
}
