import { referenceTo } from '../../server/domain/secret-references.ts';

/** What people read about secrets. */
export const secretsWords = {
  none: 'No secrets yet',
  noneNote: `Values that nobody can read again, only use or replace. They are kept encrypted. Headers and variables of MCP connections name them: ${referenceTo('NAME')}.`,
  new: 'New secret',
  newNote: 'The value is encrypted and never shown again, not even to you.',
  store: 'Store it',
  stored: (name: string) => `${name} is stored.`,
  name: 'Name',
  nameHint: 'Letters, digits and _ . / -, such as hooks/signing.',
  value: 'Value',
  version: 'Version',
  replaced: 'Replaced',
  usedBy: 'Used by MCP connections',
  replace: 'Replace',
  replaceTitle: (name: string) => `Replace ${name}`,
  delete: 'Delete',
  deleteTitle: (name: string) => `Delete ${name}?`,
  deleteNote: 'It cannot be brought back. While an MCP connection names it, it is kept.',
  deleted: 'Deleted.',
} as const;
