/** Default values: literals as they are, and functions by name, evaluated anew for every inserted entity. */
import { platform, systemPlatform } from '../base/platform.ts';
import { setOwn } from '../values/own-property.ts';
import type { DataType, DefaultFunction } from './data-type.ts';

export const DEFAULT_FUNCTIONS = ['now', 'nanoid', 'uuid', 'uuidv4', 'uuidv7', 'Set.empty'] as const;
export type DefaultFunctionName = (typeof DEFAULT_FUNCTIONS)[number];

export function isDefaultFunction(value: unknown): value is DefaultFunction {
  return typeof value === 'object' && value !== null && 'func' in value;
}

/** An input for the type's encoder, or undefined when there is no default. A record yields the defaults of its members. */
export function defaultValue(type: DataType): unknown {
  if (type.type === 'record') {
    const defaults = {};
    for (const key of Object.keys(type.properties)) {
      const value = defaultValue(type.properties[key]!);
      if (value !== undefined) setOwn(defaults, key, value);
    }
    return defaults;
  }
  const configured = type.config?.default;
  return isDefaultFunction(configured) ? callDefaultFunction(configured) : (configured ?? undefined);
}

function callDefaultFunction({ func, args }: DefaultFunction): unknown {
  switch (func as DefaultFunctionName) {
    case 'now':
      return new Date(platform.now()).toISOString();
    case 'nanoid':
    case 'uuid':
      return generateNanoid(typeof args?.[0] === 'number' ? args[0] : undefined);
    case 'uuidv4':
      return platform.randomUuid();
    case 'uuidv7':
      return generateUuidv7();
    case 'Set.empty':
      return {};
    default:
      return undefined;
  }
}

/** 64 characters that need no escaping in URLs, so that six random bits choose one without bias. */
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const NANOID_LENGTH = 21;
export const MAX_NANOID_LENGTH = 256;

/** A random id; 126 bits at the usual length. */
export function generateNanoid(length: number = NANOID_LENGTH): string {
  const bytes = randomBytes(length);
  let id = '';
  for (let i = 0; i < length; i++) id += ALPHABET[bytes[i]! & 63]!;
  return id;
}

const POOL_BYTES = 4096;
const pool = new Uint8Array(POOL_BYTES);
let poolOffset = POOL_BYTES;

/** Asking the system for few bytes costs as much as asking for many. A replaced platform is asked each time. */
function randomBytes(length: number): Uint8Array {
  if (platform.randomBytes !== systemPlatform.randomBytes) return platform.randomBytes(new Uint8Array(length));
  if (poolOffset + length > POOL_BYTES) {
    systemPlatform.randomBytes(pool);
    poolOffset = 0;
  }
  poolOffset += length;
  return pool.subarray(poolOffset - length, poolOffset);
}

/** RFC 9562 version 7: 48 bits of milliseconds, then random bits. */
export function generateUuidv7(): string {
  const bytes = randomBytes(16);
  const time = platform.now();
  for (let i = 0; i < 6; i++) bytes[i] = Math.floor(time / 2 ** (8 * (5 - i))) & 0xff;
  bytes[6] = 0x70 | (bytes[6]! & 0x0f);
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
