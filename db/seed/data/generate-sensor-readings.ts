import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * Writes sensor-readings.csv: 500 made-up hourly readings of five greenhouses, the same on every run. It is a
 * sample to try the data stages on, and no measurement. Run: node db/seed/data/generate-sensor-readings.ts
 */
const HOURS = 100;
const FIRST_HOUR_MS = Date.parse('2026-03-01T00:00:00Z');
const HOUR_MS = 3_600_000;
const SITES = [
  { site: 'north', base: 14.5 },
  { site: 'south', base: 19 },
  { site: 'east', base: 17.2 },
  { site: 'west', base: 16.1 },
  { site: 'nursery', base: 22.4 },
] as const;

/** Numbers in [0, 1) that depend on the seed alone (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function reading(place: (typeof SITES)[number], hour: number, random: () => number): string {
  const at = new Date(FIRST_HOUR_MS + hour * HOUR_MS).toISOString().replace('.000Z', 'Z');
  const daylight = Math.max(0, Math.sin(((hour % 24) - 6) * (Math.PI / 12)));
  const temperature = place.base + 6 * daylight + (random() - 0.5) * 1.6;
  const humidity = 78 - 22 * daylight + (random() - 0.5) * 6;
  // A sensor drops out now and then, as real ones do.
  const humidityText = random() < 0.02 ? '' : humidity.toFixed(1);
  const battery = 100 - hour * 0.05 - random();
  const status = battery < 95.5 ? 'low battery' : 'ok';
  return [at, place.site, temperature.toFixed(2), humidityText, battery.toFixed(1), status].join(',');
}

export function generateSensorReadings(): string {
  const random = createRandom(20_260_301);
  const lines = ['read_at,site,temperature_c,humidity_pct,battery_pct,status'];
  for (let hour = 0; hour < HOURS; hour += 1) {
    for (const place of SITES) lines.push(reading(place, hour, random));
  }
  return `${lines.join('\n')}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(new URL('./sensor-readings.csv', import.meta.url), generateSensorReadings());
}
