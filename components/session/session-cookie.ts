/**
 * Whether the browser brings a session of ours or of another server on this machine. It need not be a good one: it says
 * only whether there is somebody to ask for, since each question that nobody may ask is a complaint of the browser.
 */
export const isSessionCookie = (name: string): boolean => /^(__Host-)?signalbox_session_\d+$/.test(name);
