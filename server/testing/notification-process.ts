import { startDispatcher } from './notification-rig.ts';

/** A dispatcher in a process of its own, so that a test can really kill it. */
startDispatcher({ url: process.argv[2] ?? '' });
// Its timers alone keep nothing alive.
setInterval(() => undefined, 60_000);
