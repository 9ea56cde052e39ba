export { KeysProvider, useKeys } from './keys-provider.tsx';
