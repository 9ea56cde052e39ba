import { passkeyHost } from '../../server/domain/passkey-host.ts';
import { type Answer, ApiError, act, type Input } from '../data/index.ts';
import { words } from './words.ts';

/** Whether this browser makes passkeys at the address at which it stands. */
export const canUsePasskeys = (): boolean =>
  passkeyHost(window.location.origin) !== null && 'PublicKeyCredential' in window;

/** Where this server has a name that passkeys can be bound to; null: at no address that this page knows of. */
export function namedAddress(): string | null {
  const { protocol, hostname, port } = window.location;
  const isThisMachine = protocol === 'http:' && (/^127\./.test(hostname) || hostname === '[::1]');
  return isThisMachine ? `http://localhost${port === '' ? '' : `:${port}`}` : null;
}

/** Half of them stand here to work where browsers lack the new ways to read and write such things. */
const library = () => import('@simplewebauthn/browser');

export async function addPasskey(wish: {
  name: string;
  proof: Input<'passkeys.prepare'>;
}): Promise<Answer<'passkeys.add'>> {
  const { public_key: optionsJSON } = await act('passkeys.prepare', wish.proof);
  const { startRegistration } = await library();
  const credential = await startRegistration({ optionsJSON: optionsJSON as never }).catch(explain);
  return act('passkeys.add', { name: wish.name, credential: credential as never });
}

export async function signInByPasskey(): Promise<Answer<'passkeys.signIn'>> {
  const { public_key: optionsJSON } = await act('passkeys.challenge', {});
  const { startAuthentication } = await library();
  // What the page was just about to offer asks this too: it begins before, and is ended by this one, and not this by it.
  await canFillIn();
  const credential = await startAuthentication({ optionsJSON }).catch(explain);
  return act('passkeys.signIn', { credential });
}

/** What is to be signed counts for a while only: it is asked for anew when four fifths of that are over. */
const FRESH = 0.8;

/**
 * Has the browser offer passkeys where it fills the e-mail in, for as long as the page stands there. Says nothing when
 * it cannot, or when nobody takes one: there is the button. `onTaken`: somebody has, and that is the way in.
 */
export function offerPasskeys(onTaken: (signedIn: Promise<unknown>) => void): { stop(): void } {
  let isOver = false;
  let giveUp: () => void = () => undefined;
  let turn: ReturnType<typeof setTimeout> | undefined;

  async function offer(): Promise<void> {
    const { public_key: optionsJSON } = await act('passkeys.challenge', {});
    const { startAuthentication, WebAuthnAbortService } = await library();
    if (isOver) return;
    giveUp = () => WebAuthnAbortService.cancelCeremony();
    turn = setTimeout(again, optionsJSON.timeout * FRESH);
    const credential = await startAuthentication({ optionsJSON, useBrowserAutofill: true });
    clearTimeout(turn);
    if (!isOver) onTaken(act('passkeys.signIn', { credential }));
  }
  /** In a tab that nobody looks at it waits until somebody does. */
  function again(): void {
    if (document.visibilityState === 'hidden')
      document.addEventListener('visibilitychange', again, { once: true });
    else offer().catch(() => undefined);
  }

  canFillIn().then(
    (can) => {
      if (can && !isOver) again();
    },
    () => undefined,
  );
  return {
    stop() {
      isOver = true;
      clearTimeout(turn);
      document.removeEventListener('visibilitychange', again);
      giveUp();
    },
  };
}

const canFillIn = async (): Promise<boolean> =>
  canUsePasskeys() &&
  (await PublicKeyCredential.isConditionalMediationAvailable?.().catch(() => false)) === true;

/** Browsers say what went wrong by the name of the error; their texts are for programmers. */
function explain(error: Error): never {
  const { message, advice } =
    (Object.hasOwn(words.passkey.failures, error.name) && words.passkey.failures[error.name]) ||
    words.passkey.otherFailure;
  throw new ApiError(message, { code: 'PASSKEY', advice });
}
