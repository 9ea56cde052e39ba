import type { Actor } from '#server/identity/actor.ts';
import type { QuotaUse } from '#server/identity/limits/quotas.ts';
import type { Standing } from '#server/identity/limits/rates.ts';
import type { Services } from '../context.ts';

export interface LimitsView {
  rates: Standing[];
  quotas: QuotaUse[];
}

/** What holds for whoever asks, and how much of it they have used. */
export async function readLimits({ rates, quotas }: Services, actor: Actor): Promise<LimitsView> {
  const [ofRates, ofQuotas] = await Promise.all([rates.look(actor), quotas.look(actor)]);
  return { rates: ofRates, quotas: ofQuotas };
}
