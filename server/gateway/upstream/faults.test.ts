import { ProtocolError, SdkError, SdkErrorCode, SdkHttpError } from '@modelcontextprotocol/client';
import { describe, expect, test } from 'vitest';
import { answeredError, shownFault, toFailure } from './faults.ts';

const hide = (text: string) => text.replaceAll('s3cret', '…');
const BROKEN = new ProtocolError(-32_603, 'It broke at 4711 with s3cret.');

describe('a call at which the server broke', () => {
  test('says why to whoever made it, and leaves the session to all others', () => {
    expect(answeredError(BROKEN, hide)).toBeNull();
    const { error, isSessionOver, isUnsent } = toFailure(BROKEN, hide);
    expect([isSessionOver, isUnsent]).toEqual([false, false]);
    expect(error.message).toBe('The server failed (-32603): It broke at 4711 with ….');
  });

  test('tells those who look at the connection nothing of what was called', () => {
    const shown = shownFault(BROKEN, toFailure(BROKEN, hide).error);
    expect(shown).toContain('-32603');
    expect(shown).not.toContain('4711');
  });
});

test.each([
  [500, false, false],
  [502, false, false],
  [400, true, false],
  [404, true, true],
  [401, true, true],
])('HTTP %i: the session is over: %s, the call may be sent again: %s', (status, isSessionOver, isUnsent) => {
  const error = new SdkHttpError(SdkErrorCode.ClientHttpNotImplemented, 'no', { status, text: 'inside' });
  const failure = toFailure(error, hide);
  expect(failure).toMatchObject({ isSessionOver, isUnsent });
  expect(failure.error.message).not.toContain('inside');
});

test('an answer that is no JSON is not quoted', () => {
  let cause: unknown;
  try {
    JSON.parse('card 4711');
  } catch (error) {
    cause = error;
  }
  expect(toFailure(cause, hide).error.message).not.toContain('card');
});

test('a session that was gone before anything was sent may be opened anew for the call', () => {
  const gone = new SdkError(SdkErrorCode.NotConnected, 'Not connected');
  expect(toFailure(gone, hide)).toMatchObject({ isSessionOver: true, isUnsent: true });
});
