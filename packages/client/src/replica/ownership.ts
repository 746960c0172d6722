/**
 * Whose data a store holds. One store may serve several people one after the other: a pending write is sent only in a
 * session of the person who made it, and what one person was answered is not taken for an answer to the next.
 */

/** Pending transactions with an id greater than `after`, up to the next segment's. */
interface OutboxSegment {
  readonly after: string;
  /** Null: written while nobody was signed in; the next session takes them over. */
  readonly principal: string | null;
}

export interface Ownership {
  /** The last principal that had a session on this store. */
  readonly principal: string | null;
  /** Grows with each change of principal. Marks of answered queries count only within one generation. */
  readonly generation: number;
  /** By ascending `after`; never empty. */
  readonly segments: readonly OutboxSegment[];
}

const FIRST = '';

export const UNOWNED: Ownership = { principal: null, generation: 0, segments: [{ after: FIRST, principal: null }] };

/** A session of this principal begins. `newest`: the id of the newest pending transaction, if there is one. */
export function claimFor(ownership: Ownership, principal: string, newest: string | undefined): Ownership {
  const isKnown = ownership.principal === principal || ownership.principal === null;
  return {
    principal,
    generation: ownership.generation + (isKnown ? 0 : 1),
    segments: continueFor(ownership.segments, principal, newest),
  };
}

/** The session ended on purpose: what is written from now on belongs to whoever signs in next. */
export function release(ownership: Ownership, newest: string | undefined): Ownership {
  return { ...ownership, segments: continueFor(ownership.segments, null, newest) };
}

/** Null: nobody's yet. */
export function ownerOf({ segments }: Ownership, transactionId: string): string | null {
  return segments.findLast(({ after }) => transactionId > after)?.principal ?? null;
}

function continueFor(
  segments: readonly OutboxSegment[],
  principal: string | null,
  newest: string | undefined,
): readonly OutboxSegment[] {
  if (newest === undefined) return [{ after: FIRST, principal }];
  const current = segments.at(-1)!;
  if (current.principal === principal) return segments;
  // Nobody's writes are taken over; a segment without transactions is replaced.
  if (current.principal === null || current.after >= newest) {
    return continueAfter(segments.slice(0, -1), { after: current.after, principal });
  }
  return [...segments, { after: newest, principal }];
}

function continueAfter(before: readonly OutboxSegment[], segment: OutboxSegment): readonly OutboxSegment[] {
  return before.at(-1)?.principal === segment.principal && before.length > 0 ? before : [...before, segment];
}
