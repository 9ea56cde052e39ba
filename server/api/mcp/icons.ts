import type { Icon } from '@modelcontextprotocol/server';

/** Drawings on a grid of 24, in strokes. They travel inside the list, so that no client has to fetch anything. */
const PATHS: Readonly<Record<string, string>> = {
  pipeline: 'M4 6h5v5H4zM15 13h5v5h-5zM9 8.5h4a2 2 0 0 1 2 2v3',
  play: 'M7 5l12 7-12 7z',
  stop: 'M6 6h12v12H6z',
  replay: 'M5 12a7 7 0 1 0 2-5M7 3v4h4',
  list: 'M5 7h14M5 12h14M5 17h9',
  eye: 'M2 12s4-7 10-7 10 7 10 7-4 7-10 7-10-7-10-7zM12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6',
  clock: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M12 7v5l3 3',
  log: 'M6 3h12v18H6zM9 8h6M9 12h6M9 16h4',
  agent: 'M5 9h14v10H5zM12 9V5M9 14h.01M15 14h.01',
  hand: 'M4 12h9M9 7l5 5-5 5M18 4v16',
  pulse: 'M3 12h4l3-7 4 14 3-7h4',
  check: 'M5 13l4 4L19 7',
  cross: 'M6 6l12 12M18 6L6 18',
  signal: 'M12 3v18M6 7h12l3 3-3 3H6z',
  file: 'M6 3h8l4 4v14H6zM14 3v4h4',
  lock: 'M6 11h12v9H6zM9 11V8a3 3 0 0 1 6 0v3',
  people: 'M9 6a3 3 0 1 0 0 6 3 3 0 0 0 0-6M3 19a6 6 0 0 1 12 0M17 7a3 3 0 0 1 0 6M21 19a6 6 0 0 0-3-5',
  message: 'M4 5h16v11H9l-5 4z',
};

const draw = (path: string): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="#888" stroke-width="2"><path d="${path}"/></svg>`;

export function iconsOf(name: string): Icon[] {
  const path = PATHS[name];
  if (path === undefined) throw new Error(`there is no drawing ${name}`);
  const src = `data:image/svg+xml;base64,${Buffer.from(draw(path)).toString('base64')}`;
  return [{ src, mimeType: 'image/svg+xml', sizes: ['any'] }];
}
