export { addPasskey, canUsePasskeys, namedAddress } from './passkey.ts';
