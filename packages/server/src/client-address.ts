/** Where a client connects from, as far as that can be told without believing what anybody may write into a header. */
import { BlockList, isIP } from 'node:net';

/** Addresses that no client on the internet has: they belong to proxies and to neighbours. */
const notPublic = new BlockList();
for (const [network, bits] of [
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const)
  notPublic.addSubnet(network, bits, 'ipv4');
for (const [network, bits] of [
  ['::1', 128],
  ['fc00::', 7],
  ['fe80::', 10],
] as const)
  notPublic.addSubnet(network, bits, 'ipv6');

/**
 * `peer`: the other end of the socket. `forwardedFor`: the header `X-Forwarded-For`, to which each proxy appends whom it
 * was asked by. `trustedProxies`: how many of them are in front of the server. When nobody said, a peer that is not on the
 * internet counts as a proxy, and the client as unknown. Undefined: unknown. The networks of IPv6 count as one address, since one
 * client has a whole one.
 */
export function clientAddress(
  peer: string | undefined,
  forwardedFor: string | null | undefined,
  trustedProxies: number | undefined,
): string | undefined {
  const direct = peer === undefined ? undefined : plainAddress(peer);
  if (trustedProxies === undefined) return direct === undefined || isNotPublic(direct) ? undefined : network(direct);
  // Who came past the proxies has put nothing into the header that may be believed.
  const forwarded = trustedProxies > 0 ? forwardedFor?.split(',').at(-trustedProxies) : undefined;
  const address = (forwarded === undefined ? undefined : plainAddress(forwarded)) ?? direct;
  return address === undefined ? undefined : network(address);
}

/** Without a port, brackets, a zone, or the prefix of an IPv4 address that is written as one of IPv6. */
function plainAddress(text: string): string | undefined {
  const trimmed = text.trim();
  const address = (/^\[([^\]]*)\](?::\d+)?$/.exec(trimmed)?.[1] ?? trimmed.replace(/^([\d.]+):\d+$/, '$1'))
    .replace(/%.*$/, '')
    .replace(/^::ffff:(?=[\d.]+$)/i, '');
  return isIP(address) === 0 ? undefined : address.toLowerCase();
}

function isNotPublic(address: string): boolean {
  return notPublic.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

/** An address of IPv4, or the first half of one of IPv6. */
function network(address: string): string {
  if (isIP(address) === 4) return address;
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? 0 : tail.split(':').length + (tail.includes('.') ? 1 : 0);
  const zeros = tail === undefined ? 0 : 8 - groups.length - after;
  const all = [...groups, ...Array.from({ length: zeros }, () => '0'), ...(tail ? tail.split(':') : [])];
  return `${all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}
