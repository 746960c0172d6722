/** The part of the package `expo-sqlite` that is used here. */
declare module 'expo-sqlite' {
  export function openDatabaseSync(name: string): import('./expo-database.ts').ExpoSqliteDatabase;
}
