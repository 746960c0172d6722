/** The one test for a service token: it may do everything and no permission applies to it. */
export type Claims = Readonly<Record<string, unknown>>;

/** `claims` are those of a verified token; verification keeps a foreign issuer from claiming this type. */
export function hasAdminAccess(claims: Claims | undefined): boolean {
  return claims?.['x-triplit-token-type'] === 'secret';
}
