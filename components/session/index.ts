export { addPasskey, canUsePasskeys, namedAddress } from './passkey.ts';
export { startProvider } from './provider-buttons.tsx';
