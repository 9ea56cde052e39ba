'use client';

import { LimitsTable } from '../limits/index.ts';

/** The same as beside the queues: one place says what holds things back. */
export const LimitsSection = () => <LimitsTable />;
