/** Goes to the worker thread and comes back, behind all messages that were posted before it. */
export const roundTrip = 'round trip';
