import { Check, Hourglass, X } from 'lucide-react';
import type { DeliveryState } from '../../server/domain/notifications.ts';
import type { Look } from '../ui/status.tsx';

const DELIVERY: Record<DeliveryState, Look> = {
  waiting: { label: 'On its way', tone: 'busy', icon: Hourglass, pattern: 'striped' },
  delivered: { label: 'Delivered', tone: 'good', icon: Check, pattern: 'solid' },
  'given-up': { label: 'Given up', tone: 'bad', icon: X, pattern: 'crossed' },
};
export const lookOfDelivery = (state: DeliveryState): Look => DELIVERY[state];

const ANSWERS: Look = { label: 'Answers', tone: 'good', icon: Check, pattern: 'solid' };
const SILENT: Look = { label: 'Does not answer', tone: 'bad', icon: X, pattern: 'crossed' };
/** Of what the server leans on. */
export const lookOfPart = (isOk: boolean): Look => (isOk ? ANSWERS : SILENT);
