export { KeysProvider, useKeyGroups, useKeys } from './keys-provider.tsx';
