import { expect, it } from 'vitest';
import { clientAddress } from './client-address.ts';

it.each<
  [
    what: string,
    peer: string | undefined,
    forwardedFor: string | undefined,
    proxies: number | undefined,
    client: string | undefined,
  ]
>([
  ['a client on the internet', '203.0.113.7', undefined, undefined, '203.0.113.7'],
  ['one that claims to be another', '203.0.113.7', '198.51.100.1', undefined, '203.0.113.7'],
  ['one that claims to be another where no proxy is', '203.0.113.7', '198.51.100.1', 0, '203.0.113.7'],
  ['a proxy that nobody told of', '127.0.0.1', '198.51.100.1', undefined, undefined],
  ['a neighbour', '10.0.0.5', undefined, undefined, undefined],
  ['a neighbour where no proxy is', '10.0.0.5', undefined, 0, '10.0.0.5'],
  ['a client behind a proxy', '127.0.0.1', '203.0.113.7', 1, '203.0.113.7'],
  ['a client behind a proxy that claims to be another', '127.0.0.1', '198.51.100.1, 203.0.113.7', 1, '203.0.113.7'],
  ['a client behind two proxies', '127.0.0.1', '1.1.1.1, 203.0.113.7, 10.0.0.9', 2, '203.0.113.7'],
  ['a client past the proxy', '203.0.113.7', undefined, 1, '203.0.113.7'],
  ['a header of nonsense', '203.0.113.7', ' , x, ,', 1, '203.0.113.7'],
  ['a port beside the address', '127.0.0.1', '203.0.113.7:4711', 1, '203.0.113.7'],
  ['IPv4 in IPv6', '::ffff:203.0.113.7', undefined, undefined, '203.0.113.7'],
  ['IPv6', '2001:db8:1:2:3:4:5:6', undefined, undefined, '2001:db8:1:2::/64'],
  ['IPv6, shortened', '2001:DB8::6', undefined, undefined, '2001:db8:0:0::/64'],
  ['IPv6, shortened at its end', '2001:db8:1::', undefined, undefined, '2001:db8:1:0::/64'],
  ['IPv6 in brackets with a port', '127.0.0.1', '[2001:db8::1:2:3:4]:80', 1, '2001:db8:0:0::/64'],
  ['IPv6 of the machine itself', '::1', undefined, undefined, undefined],
  ['IPv6 of the link', 'fe80::1%eth0', undefined, undefined, undefined],
  ['a socket without an address', undefined, undefined, undefined, undefined],
  ['a request without a socket, behind a proxy', undefined, '203.0.113.7', 1, '203.0.113.7'],
])('%s', (_what, peer, forwardedFor, proxies, client) => {
  expect(clientAddress(peer, forwardedFor, proxies)).toBe(client);
});
