import type { JsonObject } from '#server/domain/json.ts';

/**
 * Ids that examples are written with. Each stands for something in a certain state; `examples.int.test.ts` makes it
 * and puts the real id in its place.
 */
export const EXAMPLE = {
  agent: 'agent_019fcb2a4c7d7e10a1b2c3d4e5f60001',
  pipeline: 'pipe_019fcb2a4c7d7e10a1b2c3d4e5f60002',
  /** Its draft has been changed since its first version. */
  changedPipeline: 'pipe_019fcb2a4c7d7e10a1b2c3d4e5f60008',
  version: 'ver_019fcb2a4c7d7e10a1b2c3d4e5f6001a',
  archivedPipeline: 'pipe_019fcb2a4c7d7e10a1b2c3d4e5f60009',
  /** It has succeeded. */
  run: 'run_019fcb2a4c7d7e10a1b2c3d4e5f60003',
  /** It goes on for as long as nobody steers it. */
  openRun: 'run_019fcb2a4c7d7e10a1b2c3d4e5f60004',
  pausedRun: 'run_019fcb2a4c7d7e10a1b2c3d4e5f60005',
  /** An agent that works on `heldTask`. */
  holder: 'agent_019fcb2a4c7d7e10a1b2c3d4e5f6000f',
  heldTask: 'task_019fcb2a4c7d7e10a1b2c3d4e5f6000e_0',
  /** Its large input. */
  heldObject: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a09',
  task: 'task_019fcb2a4c7d7e10a1b2c3d4e5f60003_0',
  /** Its attempt has failed and the next one is on a timer. */
  retryingTask: 'task_019fcb2a4c7d7e10a1b2c3d4e5f60006_0',
  /** A large input of the run `run`. */
  object: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  deadLetter: '019fcb2a-4c7d-7e10-a1b2-c3d4e5f60007',
  /** Of an account, whose password is `password`. */
  email: 'ada@example.org',
  newEmail: 'grace@example.org',
  password: 'correct horse battery',
  /** What an invitation's link ends with. */
  invitation: 'pZ3mT0gkq0v9s1b7Yc2wq8n4Xr5fLh6dJ1aUe0oRkVg',
  /** The caller owns it, and their session is in another one. */
  org: 'org_019fcb2a4c7d7e10a1b2c3d4e5f60017',
  invite: 'inv_019fcb2a4c7d7e10a1b2c3d4e5f60009',
  key: 'key_019fcb2a4c7d7e10a1b2c3d4e5f6000e',
  agentToken: 'atk_019fcb2a4c7d7e10a1b2c3d4e5f6000f',
  member: 'user_019fcb2a4c7d7e10a1b2c3d4e5f6000a',
  /** A pipeline, and a member with a grant on it. */
  grantedPipeline: 'pipe_019fcb2a4c7d7e10a1b2c3d4e5f6000d',
  grantee: 'user_019fcb2a4c7d7e10a1b2c3d4e5f6000b',
  /** Where the caller has an account that is linked, beside a password. */
  issuer: 'https://login.example.org',
  /** One of the caller's own, and not the one that calls. */
  session: 'ses_019fcb2a4c7d7e10a1b2c3d4e5f6000c',
  /** One of the caller's own. */
  passkey: 'pky_019fcb2a4c7d7e10a1b2c3d4e5f60019',
  /** Of a passkey that the caller's browser has just made. */
  newCredential: {
    id: 'q83vASNFZ4k',
    rawId: 'q83vASNFZ4k',
    type: 'public-key',
    response: { clientDataJSON: 'eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIn0', attestationObject: 'o2NmbXRkbm9uZQ' },
  },
  /** Of one that somebody is known by, and that has just signed. */
  usedCredential: {
    id: 'q83vASNFZ4k',
    rawId: 'q83vASNFZ4k',
    type: 'public-key',
    response: {
      clientDataJSON: 'eyJ0eXBlIjoid2ViYXV0aG4uZ2V0In0',
      authenticatorData: 'SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2M',
      signature: 'MEUCIQDxYzE',
      userHandle: 'AZ_LKkx9fhChssPU5fYADA',
    },
  },
  bulk: 'bulk_019fcb2a4c7d7e10a1b2c3d4e5f6000a',
  secret: 'billing.api-key',
  /** A webhook. */
  notificationTarget: 'ntg_019fcb2a4c7d7e10a1b2c3d4e5f60010',
  /** Given up. */
  delivery: 'ndl_019fcb2a4c7d7e10a1b2c3d4e5f60011',
  /** Of a run that has failed and is counted. */
  errorGroup: '9f86d081884c7d65',
  /** It goes on, and its workspace has `notes.md`, and `old.md` in version 1. */
  workspaceRun: 'run_019fcb2a4c7d7e10a1b2c3d4e5f60012',
  workspaceTask: 'task_019fcb2a4c7d7e10a1b2c3d4e5f60012_0',
  /** Of a file in it, by `writer`. */
  claim: '019fcb2a-4c7d-7e10-a1b2-c3d4e5f60013',
  mcpConnection: 'mcpc_019fcb2a4c7d7e10a1b2c3d4e5f60012',
  /** Of the tool `ask` of `mcpConnection`. */
  mcpHash: '3f2b1c0d9e8f7a6b5c4d3e2f1a0b9c8d7e6f5a4b3c2d1e0f9a8b7c6d5e4f3a2b',
  /** A DeepWiki. */
  mcpWiki: 'mcpc_019fcb2a4c7d7e10a1b2c3d4e5f60013',
  mcpServer: 'mcps_019fcb2a4c7d7e10a1b2c3d4e5f60014',
  mcpServerSlug: 'research',
  mcpRule: 'mcpr_019fcb2a4c7d7e10a1b2c3d4e5f60015',
  mcpApproval: 'mcpa_019fcb2a4c7d7e10a1b2c3d4e5f60016',
  /** With one part, `where`, that asks for a `city`. */
  mcpQuestion: 'mcpq_019fcb2a4c7d7e10a1b2c3d4e5f60019',
  /** A program that the caller has let in. */
  app: 'app_019fcb2a4c7d7e10a1b2c3d4e5f60018',
  /** Of a program that the caller's browser has been sent by. */
  appRequest: 'V1StGXR8_Z5jdHi6B-myTx0aLk3',
  newSlug: 'wiki',
  /** Names that must not be there yet. */
  newName: 'daily temperatures',
} as const;

export const EXAMPLE_DOCUMENT: JsonObject = {
  stages: [
    { key: 'read', type: 'data-ingestion' },
    { key: 'check', type: 'validation' },
    { key: 'write', type: 'output' },
  ],
  dependencies: [
    { from: 'read', to: 'check' },
    { from: 'check', to: 'write' },
  ],
};

export const EXAMPLE_TEXT = `stages:
  - key: read
    type: data-ingestion
  - key: write
    type: output
dependencies:
  - from: read
    to: write
`;
