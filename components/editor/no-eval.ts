import { z } from 'zod';

/** zod tries to compile its checks; the page's policy would forbid it and say so. Imported before anything with a schema. */
z.config({ jitless: true });
