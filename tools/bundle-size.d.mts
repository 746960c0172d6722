export declare const NOT_DEMANDED_BY_CLIENT: readonly string[];
export declare function bundleSize(
  program: string,
  options?: { readonly notDemanded?: readonly string[]; readonly conditions?: string[] },
): Promise<{ readonly start: number; readonly demanded: number }>;
