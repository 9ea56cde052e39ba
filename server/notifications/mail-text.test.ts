import { describe, expect, test } from 'vitest';
import { NOTIFICATION_EVENTS, TEST_EVENT } from '#server/domain/notifications.ts';
import { writeMail } from './mail-text.ts';

const HOSTILE = 'a\r\nBcc: eve@example.org\u2028\u0000\u202Eb';

describe('the text of a mail', () => {
  test.each([...NOTIFICATION_EVENTS, TEST_EVENT] as const)(
    'of %s has one line for each fact, whatever is in it',
    (type) => {
      const data = {
        ...{
          pipeline_name: HOSTILE,
          run_id: HOSTILE,
          agent_name: HOSTILE,
          agent_instance: HOSTILE,
          stage: HOSTILE,
        },
        ...{ reason: HOSTILE, way_out: HOSTILE, error: { code: HOSTILE, message: HOSTILE } },
      };
      const { subject, text } = writeMail({ type, timestamp: '', data });
      expect(subject).toMatch(/^\[Signalbox\] [^\p{Cc}\p{Cf}\u2028]+$/u);
      expect(text).not.toMatch(/^Bcc/m);
      // The title, a line between, and a fact a line.
      expect(text.trimEnd().split('\n')).toHaveLength(10);
    },
  );

  test('cuts off what is too long for a line', () => {
    const { subject } = writeMail({
      type: 'run.failed',
      timestamp: '',
      data: { pipeline_name: 'x'.repeat(1_000_000) },
    });
    expect(subject.length).toBeLessThan(400);
  });

  test('has no link where none is known', () => {
    const { text, html } = writeMail({ type: 'run.failed', timestamp: '', data: { url: null } });
    expect(`${text}${html}`).not.toContain('http');
  });
});
