const LOOPBACK = /^(127(\.\d{1,3}){3}|::1|::ffff:127(\.\d{1,3}){3})$/;

/** Whether a request came from this machine. */
export const isFromHere = (address: string | null): boolean => address !== null && LOOPBACK.test(address);
