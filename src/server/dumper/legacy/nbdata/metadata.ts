import * as z from 'zod';

/** What the Backup manager of NocoBase 1.5 to 2.x says of a backup, as far as Ark reads it: `_metadata.json`. */
export const Metadata = z.object({
  version: z.string().nullish(),
  enableFilesBackup: z.boolean().nullish(),
  database: z.object({
    dialect: z.string(),
    underscored: z.boolean().nullish(),
    tablePrefix: z.string().nullish(),
    schema: z.string().nullish(),
    version: z.string().nullish(),
  }),
  plugins: z
    .array(
      z.object({
        name: z.string().nullish(),
        packageName: z.string().nullish(),
        version: z.string().nullish(),
      }),
    )
    .nullish(),
});
export type Metadata = z.infer<typeof Metadata>;
