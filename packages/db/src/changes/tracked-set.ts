/**
 * The set that an updater sees: a true Set whose edits are reported by member key. Members are the same when their keys
 * are, so a Date of equal time is the same member.
 */
import { DBSerializationError } from '../base/errors.ts';
import type { MemberType } from '../values/set-member.ts';
import { decodeMember, encodeMember, memberTypeOf } from '../values/set-member.ts';

/** Called after each edit that changed the set. */
export type MemberListener = (memberKey: string, isMember: boolean) => void;

export class TrackedSet extends Set<unknown> {
  readonly #members = new Map<string, unknown>();
  readonly #type: MemberType | undefined;
  readonly #onEdit: MemberListener;

  /** Without a type, each member is taken for what it is in JavaScript. */
  constructor(members: Iterable<unknown>, type: MemberType | undefined, onEdit: MemberListener) {
    super();
    this.#type = type;
    this.#onEdit = onEdit;
    for (const member of members) {
      super.add(member);
      this.#members.set(memberKey(member, type), member);
    }
  }

  override has(member: unknown): boolean {
    const key = findMemberKey(member, this.#type);
    return key !== undefined && this.#members.has(key);
  }

  /** Throws `DBSerializationError` when the value is no valid member. */
  override add(member: unknown): this {
    const key = memberKey(member, this.#type);
    if (!this.#members.has(key)) {
      const decoded = this.#type ? decodeMember(this.#type, key) : member;
      super.add(decoded);
      this.#members.set(key, decoded);
      this.#onEdit(key, true);
    }
    return this;
  }

  override delete(member: unknown): boolean {
    const key = findMemberKey(member, this.#type);
    if (key === undefined || !this.#members.has(key)) return false;
    super.delete(this.#members.get(key));
    this.#members.delete(key);
    this.#onEdit(key, false);
    return true;
  }

  override clear(): void {
    const keys = [...this.#members.keys()];
    super.clear();
    this.#members.clear();
    for (const key of keys) this.#onEdit(key, false);
  }
}

export function memberKey(member: unknown, type: MemberType | undefined): string {
  const key = findMemberKey(member, type);
  if (key !== undefined) return key;
  throw new DBSerializationError(type ?? 'set member', member, 'A set holds only members of its item type.');
}

function findMemberKey(member: unknown, type: MemberType | undefined): string | undefined {
  const memberType = type ?? memberTypeOf(member);
  return memberType && encodeMember(memberType, member);
}
