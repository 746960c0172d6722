/** Development stand-in of Clerk's Frontend API, as a fetch handler and as a small server. */
export { createClerkStandIn } from './clerk-stand-in.ts';
export type { ClerkStandIn, ClerkStandInOptions } from './clerk-stand-in.ts';
export { startClerkStandIn } from './stand-in-server.ts';
export type { ClerkStandInServer, ClerkStandInServerOptions } from './stand-in-server.ts';
export { avatarDataUri, defaultStandInUsers } from './stand-in-users.ts';
export type { StandInUser } from './stand-in-users.ts';
