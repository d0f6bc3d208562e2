/** What the target server can take. */
export interface Target {
  readonly version: number;
  readonly roles: ReadonlySet<string>;
  /** Roles that our user may hand objects to. */
  readonly owners: ReadonlySet<string>;
  readonly user: string;
  readonly superuser: boolean;
  /** Schemas where the app finds what it does not name with one, as this database is set. */
  readonly path: readonly string[];
}

/** Where names are looked for: in these schemas, and then where the app finds what it does not name with one. */
export const pathOf = (schemas: readonly string[], { path }: Pick<Target, 'path'>): string[] => [
  ...new Set([...schemas, ...path]),
];
