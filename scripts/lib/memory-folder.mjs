import { readFileSync, statfsSync } from 'node:fs';

/** Linux' own folder in memory, where everybody may write. */
const FOLDER = '/dev/shm';
/** Many times what a test run has there at a time, so that it cannot take the memory from what it tests. */
const ROOM_BYTES = 6 * 2 ** 30;

/** Programs are started from there too, which some containers forbid. */
function mayStartPrograms() {
  const line = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .find((each) => each.split(' ')[1] === FOLDER);
  const [, , type, options = ''] = line?.split(' ') ?? [];
  return type === 'tmpfs' && !options.split(',').some((option) => ['noexec', 'ro'].includes(option));
}

function hasRoom() {
  const { bavail, bsize } = statfsSync(FOLDER);
  const [, availableKb = '0'] =
    /^MemAvailable:\s+(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8')) ?? [];
  return Math.min(bavail * bsize, Number(availableKb) * 1024) >= ROOM_BYTES;
}

/** Where what lasts for a test only may be kept in memory; undefined where there is no such place or no room. */
export function findMemoryFolder() {
  try {
    return mayStartPrograms() && hasRoom() ? FOLDER : undefined;
  } catch {
    return undefined;
  }
}

/**
 * What this process and those that it starts put into the folder for temporary files goes to memory. Nothing is tested less: what is
 * killed loses as much or as little there, since only a power cut tells the two apart. But each database of a test is a
 * thousand new files, and making them on a disk took up to 0.7 s of CPU, in memory 0.03. A `TMPDIR` that somebody has set stays.
 */
export function keepTemporaryFilesInMemory() {
  const folder = process.env.TMPDIR ? undefined : findMemoryFolder();
  if (folder !== undefined) process.env.TMPDIR = folder;
}
