/** What people read before they are signed in. */
export const words = {
  name: 'Name',
  email: 'E-mail',
  password: 'Password',
  passwordHint: '12 characters or more. Several words are easy to keep in mind.',
  goOnWith: (provider: string) => `Go on with ${provider}`,
  join: {
    title: 'Welcome to Signalbox',
    note: 'Say who you are. If you have an account here already, give its e-mail and password.',
    send: 'Go on',
    as: (name: string) => `Join as ${name}`,
    orAnother: 'You are signed in. Or join with another account:',
  },
  signIn: {
    title: 'Sign in to Signalbox',
    send: 'Sign in',
    noAccount:
      'No account yet? Ask an owner for an invitation. On the machine itself, open the link that the server printed as its last line when it started; starting it again prints a new one.',
  },
  passkey: {
    signIn: 'Sign in with a passkey',
    /** By the names that browsers give to what went wrong. */
    failures: {
      NotAllowedError: {
        message: 'No passkey was used.',
        advice: 'It was called off, or it took too long. Try again.',
      },
      AbortError: { message: 'No passkey was used.', advice: 'It was called off. Try again.' },
      InvalidStateError: {
        message: 'There is a passkey for your account here already.',
        advice: 'Use it, or choose another place to keep one.',
      },
      ConstraintError: {
        message: 'This device cannot keep passkeys, or does not ask who you are.',
        advice: 'Set a PIN, a fingerprint or a face on it, or use another one.',
      },
    } as Readonly<Record<string, { message: string; advice: string }>>,
    otherFailure: {
      message: 'The browser could not use a passkey here.',
      advice: 'Try another browser or device, or sign in by another way.',
    },
  },
  /** Why somebody was sent back from a provider; the codes are the API's. */
  problems: {
    forbidden: { message: 'Nobody has invited you here yet.', advice: 'Ask an owner for an invitation.' },
    unavailable: {
      message: 'The provider cannot be reached, or does not say who you are.',
      advice:
        'Try again later, or sign in by another way. If it stays so, ask whoever runs this server: its log says what it was.',
    },
    conflict: {
      message: 'Somebody else here is known by that account.',
      advice: 'Sign in with it instead.',
    },
    internal: {
      message: 'Something went wrong on our side, and you were not signed in.',
      advice:
        'Begin again from here. If it happens again, ask whoever runs this server: its log says what it was.',
    },
    limited: { message: 'That was tried too often.', advice: 'Wait a minute, then begin again from here.' },
  } as Readonly<Record<string, { message: string; advice: string }>>,
  otherProblem: { message: 'You were not signed in.', advice: 'Begin again from here.' },
} as const;
