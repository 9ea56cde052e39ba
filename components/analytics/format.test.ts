import { describe, expect, test } from 'vitest';
import { createClock, formatShare, formatShareBelow } from './format.ts';

const at = (text: string) => Date.parse(text);
const hour = (from: string) => ({ from: at(from), to: at(from) + 3_600_000 });

describe('a share', () => {
  test('is never rounded to all or nothing', () => {
    expect([0, 0.0001, 0.8, 0.99999, 1].map(formatShare)).toEqual([
      '0 %',
      '0.1 %',
      '80 %',
      '99.9 %',
      '100 %',
    ]);
  });

  test('in a column has tenths, unless it is all or nothing', () => {
    expect([null, 0, 0.07, 0.184, 1].map(formatShareBelow)).toEqual(['–', '0 %', '7.0 %', '18.4 %', '100 %']);
  });
});

describe('moments as a zone tells them', () => {
  const vienna = createClock('Europe/Vienna');

  test('are those of the zone, with the day where it begins', () => {
    expect(vienna.formatStretch(hour('2026-07-01T10:00Z'))).toBe('01 Jul, 12:00 – 13:00');
    expect(vienna.formatStretch(hour('2026-07-01T21:00Z'))).toBe('01 Jul, 23:00 – 02 Jul, 00:00');
    expect(createClock('UTC').formatStretch(hour('2026-07-01T21:00Z'))).toBe('01 Jul, 21:00 – 22:00');
    const tick = vienna.tickFormat(3_600_000);
    expect(['2026-07-01T21:00Z', '2026-07-01T22:00Z'].map((text) => tick(at(text)))).toEqual([
      '23:00',
      '02 Jul',
    ]);
  });

  test('of an hour that comes twice say which of the two they mean, below the axis too', () => {
    const hours = ['2026-10-24T23:00Z', '2026-10-25T00:00Z', '2026-10-25T01:00Z', '2026-10-25T02:00Z'];
    expect(hours.map((text) => vienna.formatStretch(hour(text)))).toEqual([
      '25 Oct, 01:00 – 02:00 GMT+2',
      '25 Oct, 02:00 GMT+2 – 02:00 GMT+1',
      '25 Oct, 02:00 GMT+1 – 03:00',
      '25 Oct, 03:00 – 04:00',
    ]);
    const labels = hours.map((text) => vienna.tickFormat(3_600_000)(at(text)));
    expect(new Set(labels).size).toBe(labels.length);
  });

  test('of a day of 25 hours are that day', () => {
    const day = { from: at('2026-10-24T22:00Z'), to: at('2026-10-25T23:00Z') };
    expect(vienna.formatStretch(day)).toBe('25 Oct');
  });

  test('where half an hour comes twice, too', () => {
    const howe = createClock('Australia/Lord_Howe');
    // At 02:00 clocks go back to 01:30.
    const labels = ['2026-04-04T14:30Z', '2026-04-04T15:00Z'].map((text) =>
      howe.tickFormat(1_800_000)(at(text)),
    );
    expect(labels).toEqual(['01:30 GMT+11', '01:30 GMT+10:30']);
  });
});
