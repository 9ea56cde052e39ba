export { KeysProvider, useKeyGroups, useKeys } from './keys-provider.tsx';
export { setSingleKeys, useSingleKeys } from './single-keys.ts';
