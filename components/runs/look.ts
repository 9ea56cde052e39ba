import { isRunCancelling, isRunOver, type RunStatus } from '../../server/domain/statuses.ts';

export const canCancel = (status: RunStatus): boolean => !isRunOver(status) && !isRunCancelling(status);
